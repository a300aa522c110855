"""Which proxy a request goes through: the one of the settings, or those of the environment. No I/O.

Requests to this machine go through none. A variable that cannot be used matters only to requests that would
need it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from fnmatch import fnmatchcase
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, unquote, urlsplit

import attrs

from a2e_async.addresses import is_loopback
from a2e_async.errors import ConfigurationError

__all__ = ["Proxies", "Proxy", "ProxySetting", "proxies_in_use"]

DIRECT = "direct"
_EXAMPLE = "http://user:password@proxy.example.com:3128"
_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


@attrs.frozen
class Proxy:
    """A proxy.

    Attributes:
        scheme: http, https, socks5 or socks5h.
        host: its host.
        port: its port.
        source: what asks for it: a variable, or ``proxy``.
        auth: the user name and the password for it.
    """

    scheme: str
    host: str
    port: int
    source: str
    auth: tuple[bytes, bytes] | None = attrs.field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Its URL, without user name and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def __str__(self) -> str:
        return f"the proxy {self.url} ({self.source})"


class ProxySetting:
    """The setting ``proxy``: a proxy's URL, "direct" for none, or None for what the environment says.

    Args:
        given: the setting. It is checked later, by `checked`, so that no traceback of an invalid one can show
            the password in it.
    """

    __slots__ = ("_given",)

    def __init__(self, given: object) -> None:
        self._given = given

    @property
    def is_given(self) -> bool:
        """Whether the environment does not matter."""
        return self._given is not None

    def checked(self) -> ProxySetting:
        """Check the setting and return it.

        Raises:
            ConfigurationError: it is not the URL of a proxy that can be used.
        """
        if self._given is not None and not isinstance(self._given, str):
            raise ConfigurationError(f'proxy: {type(self._given).__name__} is not a string like "{_EXAMPLE}"')
        self.proxy()
        return self

    def proxy(self) -> Proxy | None:
        """The proxy of the setting; None for none."""
        if self._given is None or self._given == DIRECT:
            return None
        return _read(str(self._given), "proxy")

    def __repr__(self) -> str:
        return "<proxy>"

    def __reduce__(self) -> str:
        raise TypeError("a proxy's password is not pickled")


class Proxies:
    """Says which proxy a request goes through.

    Args:
        setting: the client's setting; without one the environment is read, now.
    """

    def __init__(self, setting: ProxySetting | None = None) -> None:
        self._setting = setting if setting is not None and setting.is_given else None
        self._known: dict[tuple[str, str], Proxy | None] = {}
        self._variables: dict[str, tuple[str, str]] = {}
        self._direct: Sequence[str] = ()

        if self._setting is None:
            from urllib.request import getproxies  # loaded by the HTTP library

            given = getproxies()
            self._direct = given.get("no", "").replace(",", " ").split()
            for scheme in ("http", "https", "all"):
                if address := given.get(scheme):
                    self._variables[scheme] = (address, _variable(scheme, address))

    def for_url(self, url: str, *, secret: bool = False) -> Proxy | None:
        """The proxy for a URL; None for a direct connection.

        Args:
            url: where the request is sent.
            secret: whether the request carries the token.

        Raises:
            ConfigurationError: the proxy cannot be used, or would see the token.
        """
        scheme, _, rest = url.partition("://")
        origin = (scheme, rest.partition("/")[0])
        if origin not in self._known:
            self._known[origin] = self._find(url)

        proxy = self._known[origin]
        if proxy is not None and secret and scheme == "http":
            remedy = "pass proxy='direct'" if proxy.source == "proxy" else f"add {origin[1]} to NO_PROXY"
            raise ConfigurationError(
                f"{proxy} would see the token, because the base URL is plain http: use https, or {remedy}"
            )
        return proxy

    def _find(self, url: str) -> Proxy | None:
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            return None  # the HTTP library says so
        if is_loopback(host):
            return None

        if self._setting is not None:
            return self._setting.proxy()
        given = self._variables.get(parts.scheme) or self._variables.get("all")
        if given is None or any(_is_meant(entry, parts) for entry in self._direct):
            return None
        return _read(*given)


def proxies_in_use(url: str, proxy: str | None = None) -> Proxy | None:
    """The proxy that requests to a URL go through; None for a direct connection.

    Args:
        url: where requests are sent, for example the base URL.
        proxy: the setting of the client.

    Raises:
        ConfigurationError: the proxy cannot be used.
    """
    return Proxies(ProxySetting(proxy).checked()).for_url(url)


def _variable(scheme: str, address: str) -> str:
    """The name of the variable that a proxy comes from, as it is written."""
    wanted = f"{scheme}_proxy"
    names = [name for name, value in os.environ.items() if name.lower() == wanted and value == address]
    return min(names, key=lambda name: name != wanted, default="the system's settings")


def _read(address: str, source: str) -> Proxy:
    """Read the URL of a proxy.

    Raises:
        ConfigurationError: it cannot be used. The text shows no user name and no password.
    """
    problem = _problem_of(address)
    if problem is not None:
        del address  # so that no traceback from here can show a password in it
        raise ConfigurationError(f"{source}: {problem}")

    parts, userinfo = _parts_of(address)
    name, has_password, password = userinfo.partition(":")
    auth = (unquote(name).encode(), unquote(password).encode()) if name or has_password else None
    host = str(parts.hostname).encode("idna").decode() if ":" not in str(parts.hostname) else parts.hostname
    return Proxy(parts.scheme, str(host), parts.port or _PORTS[parts.scheme], source, auth)


def _problem_of(address: str) -> str | None:
    try:
        parts, _ = _parts_of(address)
        host, _ = parts.hostname, parts.port
        if host and ":" not in host:
            host.encode("idna")
    except ValueError:
        return (
            f"not the URL of a proxy, like {_EXAMPLE}; characters such as / # ? in a password are written "
            "as %2F %23 %3F"
        )

    if parts.scheme not in _PORTS:
        allowed = ", ".join(f"{scheme}://" for scheme in _PORTS)
        return f"{parts.scheme}:// is not a kind of proxy that can be used; {allowed} are"
    if not host or any(character <= " " for character in host):
        return f"not the URL of a proxy, like {_EXAMPLE}"
    if parts.scheme.startswith("socks") and find_spec("socksio") is None:
        return f"a proxy with {parts.scheme}:// needs an extra: pip install 'a2e-async[socks]'"
    return None


def _parts_of(address: str) -> tuple[SplitResult, str]:
    """The parts of a proxy's URL without the user name and the password, and these."""
    address = address.strip()
    scheme, separator, rest = address.partition("://")
    if not separator:
        scheme, rest = "http", address
    userinfo, _, place = rest.rpartition("@")
    return urlsplit(f"{scheme.lower()}://{place}"), userinfo


def _is_meant(entry: str, parts: SplitResult) -> bool:
    """Whether an entry of NO_PROXY is about a URL: a host, a domain, an address, a network or a URL."""
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or _PORTS.get(parts.scheme)
    scheme, separator, rest = entry.lower().rpartition("://")
    if separator and scheme not in (parts.scheme, "all"):
        return False

    name, wanted_port = _host_and_port(rest.partition("/")[0] if separator else rest)
    if wanted_port is not None and wanted_port != port:
        return False

    try:
        return ip_address(host.partition("%")[0]) in ip_network(name, strict=False)
    except ValueError:
        pass
    domain = name.removeprefix("*").strip(".")
    if "*" in domain or name == "*":
        return fnmatchcase(host, name)
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _host_and_port(text: str) -> tuple[str, int | None]:
    """Split an entry of NO_PROXY; an IPv6 address may stand in brackets."""
    if text.startswith("["):
        name, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":")
    elif text.count(":") == 1:
        name, _, port = text.partition(":")
    else:
        name, port = text, ""
    return name, int(port) if port.isdecimal() else None
