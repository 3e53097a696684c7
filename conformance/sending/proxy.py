"""Through which proxy an address is reached, as the environment names it."""

from __future__ import annotations

import base64
import re
import ssl
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore


@dataclass(frozen=True)
class Proxy:
    """Through what requests go: its address, empty for none, and the credentials that it is given."""

    address: str = ""
    credentials: tuple[str, str] | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be told of it."""
        if self.credentials is None:
            return ()
        return self.credentials[1], base64.b64encode(":".join(self.credentials).encode()).decode()

    @property
    def usable(self) -> bool:
        """Whether it can be spoken to; none can."""
        return (
            not self.address
            or re.fullmatch(r"https?://(\[[\da-fA-F:]+\]|[^/?#@\s:]+)(:\d{1,5})?", self.address) is not None
        )

    def spoken_to(self, trusted: ssl.SSLContext | None) -> httpcore.Proxy:
        """It as httpcore has it."""
        tls = trusted if self.address.startswith("https://") else None
        user, password = self.credentials or ("", "")
        auth = (user.encode(), password.encode()) if self.credentials else None
        return httpcore.Proxy(self.address, auth=auth, ssl_context=tls)


def proxy_for(base_url: str) -> str:
    """The address of the proxy through which this one is reached, without its credentials; empty for none."""
    return proxy_of(base_url).address


def proxy_of(base_url: str) -> Proxy:
    """The proxy that the environment names for this address, none for a plain loopback one."""
    if base_url.startswith(("http://127.", "http://localhost", "http://[::1]")):
        return Proxy()
    try:
        address = urlsplit(base_url)
        proxies = {} if proxy_bypass(address.netloc) or proxy_bypass(address.hostname or "") else getproxies()
    except ValueError:  # no address at all, which sending to it will say
        return Proxy()
    named = proxies.get(address.scheme) or proxies.get("all")
    if not named:
        return Proxy()
    scheme, _, rest = named.rpartition("://")
    credentials, _, host = rest.rstrip("/").rpartition("@")
    user, _, password = credentials.partition(":")
    return Proxy(f"{scheme or 'http'}://{host}", (unquote(user), unquote(password)) if credentials else None)
