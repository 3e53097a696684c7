"""Serves a model in GGUF with the server of llama.cpp, until it is ended: `python llama_serve.py FILE HOST PORT KEY`.

xllamacpp has llama.cpp and its server in wheels, so that nothing is compiled.
"""

from __future__ import annotations

import signal
import sys

import xllamacpp

CONTEXT = 65_536  #: tokens of a request, as many as the model has: one for each character of a long prompt
LONGEST = 512  #: tokens of a reply whose request sets no limit: the model may never end
SLOTS = 4  #: requests at a time, which share the context


def main(model: str, host: str, port: str, key: str) -> None:
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = {"tiny"}
    params.hostnames = [host]
    params.port = int(port)
    params.api_keys = [key]
    params.n_ctx = SLOTS * CONTEXT
    params.n_parallel = SLOTS
    params.n_predict = LONGEST
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1  # several wait for each other on a busy machine
    server = xllamacpp.Server(params)
    print(xllamacpp.BUILD_INFO, server.listening_address, flush=True)
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
