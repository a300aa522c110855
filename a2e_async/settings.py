"""The settings of a client, checked once before anything is sent."""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import urlsplit

import attrs

from a2e_async.addresses import is_loopback
from a2e_async.errors import ConfigurationError

__all__ = ["DEFAULT_BASE_URL", "Settings", "Token", "base_url_from"]

DEFAULT_BASE_URL = "https://video.a2e.ai"
_TOKEN = re.compile(r"[\x21-\x7e]+")
_NOT_IN_URLS = re.compile(r"[\s\x00-\x1f\x7f\\]")


class Token:
    """The API token. It appears in the header of a request and nowhere else.

    Args:
        given: the token; None reads A2E_API_TOKEN. It is checked later, by `checked`, so that no traceback
            of an invalid one can show it.
    """

    __slots__ = ("_source", "_value")

    def __init__(self, given: Any) -> None:
        self._source = "A2E_API_TOKEN" if given is None else "token"
        self._value = os.environ.get("A2E_API_TOKEN") if given is None else given

    def checked(self) -> Token:
        """Check the token and return it.

        Raises:
            ConfigurationError: it is missing, or holds characters that a header cannot contain.
        """
        if not isinstance(self._value, str) or not self._value:
            raise ConfigurationError(f"{self._source} is missing: pass token=… or set A2E_API_TOKEN")
        if not _TOKEN.fullmatch(self._value):
            raise ConfigurationError(
                f"{self._source} holds spaces, line ends or characters beyond ASCII: copied whole?"
            )
        return self

    def authorization(self) -> str:
        """The value of the Authorization header."""
        return f"Bearer {self._value}"

    def __repr__(self) -> str:
        return "<token>"

    def __reduce__(self) -> str:
        raise TypeError("a token is not pickled")


def base_url_from(given: str | None, *, allow_http: bool) -> str:
    """Return the base URL: the given one, else A2E_BASE_URL, else the service's; without a trailing slash.

    Raises:
        ConfigurationError: it has no scheme or host, contains a query or a password, or is plain http to
            another machine.
    """
    source = "A2E_BASE_URL" if given is None else "base_url"
    value = (os.environ.get("A2E_BASE_URL") or DEFAULT_BASE_URL) if given is None else given
    if not isinstance(value, str):
        raise ConfigurationError(f"{source}: {value!r} is not a string")
    shown = repr(value.rpartition("@")[2])  # the part before an @ may be a password

    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"{source}: {shown} is not a URL: {error}") from None

    if parts.scheme not in ("http", "https") or not host or _NOT_IN_URLS.search(value):
        raise ConfigurationError(f"{source}: {shown} is not a URL like {DEFAULT_BASE_URL}")
    if parts.username is not None or "?" in value or "#" in value:
        raise ConfigurationError(f"{source}: only scheme, host, port and a path prefix are allowed")
    if parts.scheme == "http" and not allow_http and not is_loopback(host):
        raise ConfigurationError(
            f"{source}: {shown} would send the token unencrypted; use https, or allow_http=True if you must"
        )
    return value.rstrip("/")


@attrs.frozen
class Settings:
    """A client's checked settings.

    Attributes:
        token: the API token.
        base_url: the address of the API, with a path prefix if the host needs one; no trailing slash.
        timeout: seconds a request may take without any progress.
        max_connections: the most API requests at once.
    """

    token: Token
    base_url: str
    timeout: float
    max_connections: int
