#!/bin/sh
# One night: a run, a message if there is news, and metrics: docs/nightly.md. Ends with the exit code of the run, or with 3
# where it conforms and somebody could not be told, or metrics not be written or sent. Options of the run are its arguments.
set -u
history="${HISTORY:?names the folder of the history}"
code=0
phanedge-conformance run --history "$history" --keep 60 "$@" || code=$?
if [ -n "${PHANEDGE_CONFORMANCE_NOTIFY:-}" ]; then
  phanedge-conformance notify "$history" || [ "$code" -ne 0 ] || code=3
fi
if [ -n "${METRICS:-}" ]; then
  phanedge-conformance metrics "$history" --out "$METRICS" || [ "$code" -ne 0 ] || code=3
fi
if [ -n "${OTEL_EXPORTER_OTLP_ENDPOINT:-}${OTEL_EXPORTER_OTLP_METRICS_ENDPOINT:-}" ]; then
  phanedge-conformance metrics "$history" --otlp || [ "$code" -ne 0 ] || code=3
fi
exit "$code"
