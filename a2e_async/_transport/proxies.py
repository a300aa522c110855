"""The proxies that the environment asks for: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, and NO_PROXY. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address

__all__ = ["environment_proxies"]


def environment_proxies() -> Mapping[str, str | None]:
    """The proxies by the URLs that they are for, as httpx reads the environment.

    Returns:
        Patterns of URLs in httpx's notation, each with the URL of its proxy; None for a direct connection.
    """
    from urllib.request import getproxies  # loaded by the HTTP library

    given = getproxies()
    proxies: dict[str, str | None] = {}
    for scheme in ("http", "https", "all"):
        if address := given.get(scheme):
            proxies[f"{scheme}://"] = address if "://" in address else f"http://{address}"

    for name in filter(None, (name.strip() for name in given.get("no", "").split(","))):
        if name == "*":
            return {}
        proxies[_pattern(name)] = None
    return proxies


def _pattern(name: str) -> str:
    """The pattern for one entry of NO_PROXY: a host, a domain with its subdomains, or a URL."""
    if "://" in name:
        return name
    if name.lower() == "localhost":
        return f"all://{name}"

    try:
        address = ip_address(name.partition("/")[0])
    except ValueError:
        return f"all://*{name}"
    return f"all://[{address}]" if address.version == 6 else f"all://{address}"
