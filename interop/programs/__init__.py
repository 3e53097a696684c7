"""The programs that the suite is run against: how each is started, and as which models it is judged."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from interop.anthropic import KEY, LOOPBACK

HERE = Path(__file__).parent
MASTER_KEY = "sk-interop-not-a-secret"
NOWHERE = f"http://{LOOPBACK}:9"  #: a proxy that is none: whatever leads off this machine fails at once
#: LiteLLM would ask the network for these lists; it has copies of all of them.
LOCAL_LISTS = (
    "LITELLM_LOCAL_MODEL_COST_MAP",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS",
    "LITELLM_LOCAL_BLOG_POSTS",
    "LITELLM_LOCAL_POLICY_TEMPLATES",
)


@dataclass(frozen=True)
class Place:
    """Where a program runs: its environment's folder, a folder of its own, its port, and the addresses of the
    upstreams: the pretended Anthropic, and the reference endpoint, which speaks OpenAI's API."""

    installed: Path
    home: Path
    port: int
    anthropic: str
    openai: str

    @property
    def python(self) -> str:
        return str(self.installed / "bin" / "python")


@dataclass(frozen=True)
class Program:
    """A gateway or a server. `models` are judged in a run each: `--model` of the suite, and what the run needs more.

    `prepare` is a command that is run first. `key` is what the suite authenticates with.
    """

    title: str
    command: Callable[[Place], list[str]]
    models: Callable[[Place], Mapping[str, list[str]]]
    health: str
    environment: Callable[[Place], dict[str, str]] = field(default=lambda place: {})
    prepare: Callable[[Place], list[str]] | None = None
    base: str = "/v1"
    key: str = MASTER_KEY


def isolated(place: Place) -> dict[str, str]:
    """What every program is given, and nothing of what else this process was given."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(place.home),
        "INTEROP_UPSTREAM": place.anthropic,
        "INTEROP_UPSTREAM_KEY": KEY,
        "INTEROP_OPENAI": f"{place.openai}/v1",
        "PHANEDGE_API_KEY": MASTER_KEY,
        "NO_PROXY": LOOPBACK,
        "HTTP_PROXY": NOWHERE,
        "HTTPS_PROXY": NOWHERE,
    }


def _litellm(place: Place) -> list[str]:
    command = str(place.installed / "bin" / "litellm")
    return [command, "--config", str(HERE / "litellm.yaml"), "--host", LOOPBACK, "--port", str(place.port)]


def _portkey(place: Place) -> list[str]:
    server = place.installed / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    return ["node", "--require", str(HERE / "loopback.cjs"), str(server), f"--port={place.port}", "--headless"]


def _portkey_models(place: Place) -> dict[str, list[str]]:
    """Portkey is told in header fields which provider to ask, and passes the key on."""
    upstreams = {
        "claude-sonnet-4-5=claude": ("anthropic", f"{place.anthropic}/v1"),
        "reference-gpt=gpt": ("openai", f"{place.openai}/v1"),
    }
    return {
        name: ["--header", f"x-portkey-provider: {provider}", "--header", f"x-portkey-custom-host: {host}"]
        for name, (provider, host) in upstreams.items()
    }


def _llama(place: Place) -> list[str]:
    server = [place.python, str(HERE / "llama_serve.py"), str(place.home / "tiny.gguf")]
    return [*server, LOOPBACK, str(place.port), MASTER_KEY]


def _transformers(place: Place) -> list[str]:
    """The model is named as its folder is, in the folder that the server is started in."""
    server = [str(place.installed / "bin" / "transformers"), "serve", "tiny", "--device", "cpu"]
    return [*server, "--host", LOOPBACK, "--port", str(place.port)]


def _mlflow(place: Place) -> list[str]:
    """The addresses are written into the configuration: MLflow reads keys alone from the environment."""
    written = (HERE / "mlflow.yaml").read_text().replace("ANTHROPIC", place.anthropic).replace("OPENAI", place.openai)
    (place.home / "mlflow.yaml").write_text(written)
    server = [str(place.installed / "bin" / "mlflow"), "gateway", "start", "--config-path", "mlflow.yaml"]
    return [*server, "--host", LOOPBACK, "--port", str(place.port), "--workers", "1"]


PROGRAMS = {
    "litellm": Program(
        "LiteLLM",
        _litellm,
        lambda place: {"claude-interop=claude": [], "gpt-interop=gpt": []},
        "/health/liveliness",
        lambda place: dict.fromkeys(LOCAL_LISTS, "True"),
    ),
    "portkey": Program("Portkey's gateway", _portkey, _portkey_models, "/", key=KEY),
    "mlflow": Program(
        "MLflow's AI gateway",
        _mlflow,
        lambda place: {"claude-interop=claude": ["--without", "auth"], "gpt-interop=gpt": ["--without", "auth"]},
        "/health",
        lambda place: {"PATH": f"{place.installed / 'bin'}:{os.environ.get('PATH', '')}"},
    ),
    "llama": Program(
        "llama.cpp's server",
        _llama,
        lambda place: {"tiny=other": ["--without", "vision"]},
        "/health",
        prepare=lambda place: [place.python, str(HERE / "tiny_gguf.py"), str(place.home / "tiny.gguf")],
    ),
    "transformers": Program(
        "transformers serve",
        _transformers,
        lambda place: {"tiny=other": ["--without", "auth", "--without", "vision"]},
        "/health",
        lambda place: {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},  # a core is left to the suite
        prepare=lambda place: [place.python, str(HERE / "tiny_safetensors.py"), str(place.home / "tiny")],
    ),
}
