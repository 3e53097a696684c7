# docker build --build-arg VERSION=2026.11.0 --tag phanedge-conformance .
FROM python:3.11-slim AS build
ARG VERSION=0.0.0
# Such as [notify].
ARG EXTRAS=
WORKDIR /source
COPY pyproject.toml README.md LICENSE phanedge_conformance_plugin.py ./
COPY conformance conformance
COPY schemas schemas
COPY fixtures fixtures
RUN python -m venv --without-pip /opt/conformance \
 && SETUPTOOLS_SCM_PRETEND_VERSION="$VERSION" pip --python /opt/conformance/bin/python install --no-cache-dir "./$EXTRAS"

FROM python:3.11-slim
COPY --from=build /opt/conformance /opt/conformance
# The image runs the suite and installs nothing. Any user may write to the working directory, as docker run --user sets it.
RUN pip uninstall --yes --root-user-action=ignore setuptools wheel pip \
 && install --directory --mode=1777 /work
ENV PATH=/opt/conformance/bin:$PATH HOME=/tmp
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["phanedge-conformance"]
