"""Which addresses requests may be sent to."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

__all__ = ["is_loopback", "url_problem"]


def url_problem(url: str) -> str | None:
    """Say why nothing may be sent to a URL.

    Only https is allowed, or plain http to a loopback host. A user name or password is not allowed:
    it would become an Authorization header.

    Returns:
        The problem, as the end of a sentence; None if the URL is fine.

    Example:
        >>> url_problem("http://example.com")
        'is plain http on a public host; https is required'
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
    if parts.scheme == "http" and not is_loopback(host):
        return "is plain http on a public host; https is required"
    return None


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, judged by its name or address alone (no DNS)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
