"""Where a key may go: to the address that this call names, or to that of a run which proves to have used the same key.

The address and the variable of a key stand in the folder of a run, which others may have written. The seal beside them
can be made by those only who have the key: it is derived from the key, with the address and the variable, by scrypt."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from pathlib import Path

from conformance.language import say
from conformance.settings.errors import SessionError
from conformance.settings.key_variable import is_of_a_key, is_variable
from conformance.settings.settings import Settings
from conformance.text import TextError, quoted, read_regular, write_whole

from .folder import SEAL

_LEAST = 16  #: characters of secrets from which a seal is derived: shorter ones could be guessed from it
_COST = 1 << 14  #: scrypt's, which takes 16 MiB


def seal(settings: Settings, id: str, folder: Path) -> None:
    """Write the seal of a run into its folder, where there are secrets enough. Raises OSError."""
    if made := _seal(settings, id):
        write_whole(folder / SEAL, made + "\n")


def check_destination(noted: Settings, id: str, folder: Path, base_url: str, variable: str) -> None:
    """Raise SessionError where the secrets of this call would go where nothing but a folder says. `noted` are the
    settings of its run, `base_url` and `variable` what this call names, if it does."""
    if not is_variable(noted.api_key_variable):
        raise SessionError(say("{folder} names no variable for the key: name it with --api-key-variable", folder))
    if not (_key(noted) or noted.header or noted.certificate) or _is_sealed(noted, id, folder):
        return
    if not base_url:
        raise SessionError(
            say(
                "{folder} does not prove that its run sent the key to {host}: to send it, repeat --base-url {address}",
                folder,
                noted.base_url,
                quoted(noted.base_url),
            )
        )
    if not variable and not is_of_a_key(noted.api_key_variable):
        raise SessionError(
            say(
                "{folder} names {variable}: to send its value to {address}, repeat --api-key-variable {variable}",
                folder,
                noted.api_key_variable,
                noted.base_url,
            )
        )


def _is_sealed(noted: Settings, id: str, folder: Path) -> bool:
    try:
        kept = read_regular(folder / SEAL, 1_000).strip()
    except TextError:
        return False
    made = _seal(noted, id)
    return bool(made) and hmac.compare_digest(kept, made.encode())


def _seal(settings: Settings, id: str) -> str:
    """The seal; empty where there is no secret, or it is too short."""
    fields = (each.partition(":") for each in settings.header)
    secret = "\n".join(
        (_key(settings), *sorted(f"{name.strip().lower()}:{value.strip()}" for name, _, value in fields))
    )
    if not id or len(secret.strip()) < _LEAST:
        return ""
    files = [str(path and path.absolute()) for path in (settings.authorities, settings.certificate)]
    bound = json.dumps([id, settings.base_url, settings.api_key_variable, *files])
    return hashlib.scrypt(secret.encode(), salt=bound.encode(), n=_COST, r=8, p=1).hex()


def _key(settings: Settings) -> str:
    return os.environ.get(settings.api_key_variable, "").strip()
