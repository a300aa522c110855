"""Which addresses requests may be sent to, and which the service can fetch from. No I/O and no DNS."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import quote, unquote, urlsplit

__all__ = ["is_loopback", "is_private", "media_url_problem", "sendable_url", "url_problem"]

# Names that no public name server answers: this machine, containers, home and company networks.
_LOCAL_NAMES = frozenset({"localhost", "ip6-localhost", "ip6-loopback", "broadcasthost"})
_LOCAL_ENDINGS = (".localhost", ".localdomain", ".local", ".internal", ".intranet", ".lan", ".home.arpa")

_NAT64 = ip_network("64:ff9b::/96")

# The service fetches over http and https. An unknown scheme may mean something to a family, so only those
# that never do are refused.
_NOT_FETCHED = frozenset(
    {
        *("file", "s3", "s3a", "s3n", "gs", "gcs", "az", "abfs", "abfss", "wasb", "wasbs", "r2", "b2", "oss"),
        *("cos", "obs", "tos", "hdfs", "dbfs", "ftp", "ftps", "sftp", "scp", "ssh", "smb", "nfs", "afp"),
        *("blob", "content", "filesystem", "about", "javascript", "mailto", "ws", "wss", "rtmp", "rtsp"),
    }
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+(?=:)")

# Quoted in the path and the query. Characters that are invalid unquoted, but harmless, are left to the
# HTTP library.
_TO_QUOTE = re.compile(r"%(?![0-9A-Fa-f]{2})|[ \x80-\U0010ffff]")


def url_problem(url: str, *, private_hosts: bool = True) -> str | None:
    """Say why nothing may be sent to a URL.

    Only https is allowed, or plain http to a loopback host. A user name or password is not allowed:
    it would become an Authorization header.

    Args:
        url: absolute.
        private_hosts: allow hosts of this machine and of private networks.

    Returns:
        The problem, as the end of a sentence; None if the URL is fine.

    Example:
        >>> url_problem("http://example.com")
        'is plain http to another machine; https is required'
    """
    if any(character <= " " or character == "\x7f" for character in url):
        return "holds spaces or control characters"

    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not a URL"

    if parts.scheme not in ("http", "https") or not host:
        return "is not an http(s) URL"
    if parts.username is not None or parts.password is not None:
        return "holds a user name or password"
    if not private_hosts and is_private(host):
        return f"leads to {host}, on this machine or in a private network"
    if parts.scheme == "http" and not is_loopback(host):
        return "is plain http to another machine; https is required"
    return None


def sendable_url(url: str) -> str:
    """Write a URL as a request can use it.

    Spaces and letters beyond ASCII are quoted, what is quoted already stays, and the fragment is dropped.
    Plain http becomes https where the host is public. Anything else is left for `url_problem` to judge.

    Example:
        >>> sendable_url("http://cdn.example.com/my cat.png#t=1")
        'https://cdn.example.com/my%20cat.png'
    """
    url = url.strip().partition("#")[0]
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return url
    if not host or parts.scheme not in ("http", "https"):
        return url

    # urlsplit drops line ends from the middle, so it must not write the URL anew.
    rest = url[url.index("//") + 2 :]
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    rest = _TO_QUOTE.sub(lambda match: quote(match[0], safe="", errors="replace"), rest[len(authority) :])

    scheme = parts.scheme
    if scheme == "http" and not is_private(host):
        scheme = "https"
        authority = authority.removesuffix(":80") if port == 80 else authority
    return f"{scheme}://{authority}{rest}"


def media_url_problem(url: str, *, private_hosts: bool) -> str | None:
    """Say why the service cannot fetch media from a URL.

    Args:
        url: what a caller gives as a media URL.
        private_hosts: the service is on this machine or in a private network itself, as the sandbox is.

    Returns:
        The problem, as the end of a sentence; None if nothing is known to be wrong.

    Example:
        >>> media_url_problem("file:///home/ann/cat.png", private_hosts=False)
        'is a file: URL, which the service cannot fetch'
    """
    scheme = _SCHEME.match(url.strip().lower())
    if scheme is None:
        return None
    if scheme[0] in _NOT_FETCHED:
        return f"is a {scheme[0]}: URL, which the service cannot fetch"
    if private_hosts or scheme[0] not in ("http", "https"):
        return None

    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None

    # A name without a dot is known inside a network only. Such names are used in Docker, with a port.
    is_short = not {".", ":"} & {*host} and _address(host) is None
    if (is_short and (parts.scheme == "http" or port is not None)) or is_private(host):
        return f"is at {host}, on this machine or in a private network, where the service cannot fetch it"
    return None


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, judged by its name or address alone (no DNS).

    Addresses are recognised as by `is_private`.
    """
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        loose = _loose_ipv4(name)
        return loose is not None and loose.is_loopback
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def is_private(host: str) -> bool:
    """Whether the host is this machine or in a private network, judged by its name or address (no DNS).

    Addresses are recognised in every spelling that a resolver takes: ``127.1``, ``2130706433``,
    ``0x7f000001``, ``::ffff:127.0.0.1``.

    Example:
        >>> is_private("0x7f.1"), is_private("cdn.example.com")
        (True, False)
    """
    name = unquote(host).lower()
    if not name.isascii():
        import unicodedata  # for names in other scripts only

        name = unicodedata.normalize("NFKC", name).replace("\u3002", ".")
    name = name.strip("[]").partition("%")[0].removesuffix(".")
    if name in _LOCAL_NAMES or name.endswith(_LOCAL_ENDINGS):
        return True

    address = _address(name)
    if address is None:
        return False
    return not address.is_global or address.is_multicast


def _address(name: str) -> IPv4Address | IPv6Address | None:
    """The address that a host stands for; None if it is a name."""
    try:
        address = ip_address(name)
    except ValueError:
        return _loose_ipv4(name)

    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or _compatible(address)
    return address


def _compatible(address: IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside an IPv6 address of the old form ``::127.0.0.1``."""
    return IPv4Address(int(address)) if 1 < int(address) < 1 << 32 else address


def _loose_ipv4(name: str) -> IPv4Address | None:
    """An IPv4 address as resolvers read it: one to four numbers, each decimal, octal or hexadecimal."""
    numbers: list[int] = []
    for part in name.split("."):
        base = 16 if part.startswith("0x") else 8 if part.startswith("0") and part != "0" else 10
        digits = part.removeprefix("0x") or "0" if base == 16 else part
        if not digits.isascii() or not digits.isalnum() or len(digits) > 16:
            return None
        try:
            numbers.append(int(digits, base))
        except ValueError:
            return None

    *first, last = numbers
    if len(first) > 3 or any(number > 255 for number in first) or last >= 1 << 8 * (4 - len(first)):
        return None
    value = last
    for index, number in enumerate(first):
        value += number << 8 * (3 - index)
    return IPv4Address(value)
