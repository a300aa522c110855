"""The settings of a client, checked once before anything is sent."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import attrs

from a2e_async.addresses import is_loopback, is_private
from a2e_async.checks import text_from
from a2e_async.errors import ConfigurationError

if TYPE_CHECKING:
    from a2e_async._transport.proxies import ProxySetting
    from a2e_async._transport.shape_log import ShapeLog

__all__ = [
    "DEFAULT_BASE_URL",
    "DEFAULT_USER_AGENT",
    "DOCS_HOST_PROBLEM",
    "GET_TOKEN",
    "MISSING_TOKEN",
    "TOKEN_PLACE",
    "VERSION",
    "BaseURL",
    "Settings",
    "Token",
    "http_library_from",
    "user_agent_from",
]

DEFAULT_BASE_URL = "https://video.a2e.ai"
DOCS_HOST_PROBLEM = (
    f"api.a2e.ai is the host of the documentation, not of the API: the base URL is {DEFAULT_BASE_URL}"
)
TOKEN_PLACE = f"{DEFAULT_BASE_URL}, under Account > API Token"
GET_TOKEN = f"get one at {TOKEN_PLACE}"
MISSING_TOKEN = f"is missing: pass token=… or set A2E_API_TOKEN; {GET_TOKEN}"
VERSION = "0.1.0"  # here too, because reading the metadata of the package takes long
DEFAULT_USER_AGENT = f"a2e-async/{VERSION}"
_HEADER = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_TOKEN = re.compile(r"[\x21-\x7e]+")
# What is often copied along with a token: the name of its header or variable, the word Bearer, quotes.
_COPIED_BEFORE = re.compile(
    r"(?:[\s\ufeff\u200b-\u200f\u2060\"'`]|(?:export\s)?A2E_API_TOKEN\s*="
    r"|Authorization[\"']?\s*:|Bearer(?:[\s:]+|\Z))*",
    re.IGNORECASE,
)
_COPIED_AFTER = re.compile(r"[\s\ufeff\u200b-\u200f\u2060\"'`;,]+\Z")
_API_PATH = re.compile(r"(?:/+api/+v1)+/*\Z", re.IGNORECASE)
_PART_OF_API_PATH = re.compile(r"(?:/+(?:api|v1))+/*\Z", re.IGNORECASE)
_OWN_HOSTS = frozenset({"video.a2e.ai", "video.a2e.com.cn", "a2e.ai", "makefun.ai"})
_DOCS_HOST = "api.a2e.ai"
_NOT_IN_URLS = re.compile(r"[\s\x00-\x1f\x7f\\]")


class Token:
    """The API token. It appears in the header of a request and nowhere else.

    What is often copied along with it is left out: the word Bearer, quotes, spaces and line ends.

    Args:
        given: the token; None reads A2E_API_TOKEN, else the file that ``a2e init`` writes. It is checked
            later, by `checked`, so that no traceback of an invalid one can show it.
    """

    __slots__ = ("_may_be_in_file", "_source", "_value")

    def __init__(self, given: Any) -> None:
        self._source = "A2E_API_TOKEN" if given is None else "token"
        self._value = os.environ.get("A2E_API_TOKEN") if given is None else given
        self._may_be_in_file = given is None and not self._value

    def checked(self) -> Token:
        """Check the token and return it.

        Raises:
            ConfigurationError: it is missing, or holds characters that a header cannot contain. Or it is in a
                file that others can read.
        """
        if self._may_be_in_file:
            from a2e_async.token_file import read_token, token_path  # only here: most have the variable

            self._value, self._may_be_in_file = read_token(), False
            if self._value is not None:
                self._source = str(token_path())
        self._value = text_from(self._value)
        if isinstance(self._value, str):
            self._value = _COPIED_AFTER.sub("", _COPIED_BEFORE.sub("", self._value, count=1))
        if not isinstance(self._value, str) or not self._value:
            raise ConfigurationError(f"{self._source} {MISSING_TOKEN}")
        if not _TOKEN.fullmatch(self._value):
            raise ConfigurationError(
                f"{self._source} holds spaces, line ends or characters beyond ASCII: copied whole?"
            )
        return self

    @property
    def source(self) -> str:
        """Where it comes from: the argument, the variable or the file."""
        return self._source

    def authorization(self) -> str:
        """The value of the Authorization header."""
        return f"Bearer {self._value}"

    @property
    def account(self) -> str:
        """The id of the user whose token it is, else a digest of the token. Never a part of it."""
        from a2e_async.account_id import account_id_in  # only here: few clients need it

        return account_id_in(self.authorization().removeprefix("Bearer "))

    def __repr__(self) -> str:
        return "<token>"

    def __reduce__(self) -> str:
        raise TypeError("a token is not pickled")


class BaseURL:
    """The base URL, as it was given: it may hold a password.

    Args:
        given: the URL; None reads A2E_BASE_URL. It is checked later, by `checked`, so that no traceback of an
            invalid one can show it.
    """

    __slots__ = ("_source", "_value")

    def __init__(self, given: Any) -> None:
        self._source = "A2E_BASE_URL" if given is None else "base_url"
        self._value = (os.environ.get("A2E_BASE_URL") or DEFAULT_BASE_URL) if given is None else given

    def checked(self, *, allow_http: bool) -> str:
        """Check the URL and return it without a trailing slash.

        The paths of all operations begin with /api/v1; if the base URL ends in it, it is left out.

        Raises:
            ConfigurationError: it has no scheme or host, contains a query or a password, or is plain http to
                another machine.
        """
        self._value = text_from(self._value) or self._value
        problem = self._problem(allow_http)
        if problem:
            raise ConfigurationError(f"{self._source}: {problem}")

        host = urlsplit(self._value).hostname
        if host == _DOCS_HOST:
            import logging  # only here: it is not needed to make a client

            logging.getLogger("a2e_async").warning("%s: %s", self._source, DOCS_HOST_PROBLEM)
        ending = _PART_OF_API_PATH if host in _OWN_HOSTS else _API_PATH
        return ending.sub("", self._value).rstrip("/")

    def _problem(self, allow_http: bool) -> str:
        """What is wrong with the URL. The text shows neither a user name nor a password."""
        value = self._value
        if not isinstance(value, str):
            return f"{type(value).__name__} is not a string like {DEFAULT_BASE_URL}"
        shown = repr(re.split(r"[?#]", value.rpartition("@")[2])[0])

        try:
            parts = urlsplit(value)
            host, _ = parts.hostname, parts.port
        except ValueError:
            return f"{shown} is not a URL like {DEFAULT_BASE_URL}"

        if parts.scheme not in ("http", "https") or not host or _NOT_IN_URLS.search(value):
            return f"{shown} is not a URL like {DEFAULT_BASE_URL}"
        if parts.username is not None or "?" in value or "#" in value:
            return "only scheme, host, port and a path prefix are allowed"
        if parts.scheme == "http" and not allow_http and not is_loopback(host):
            return f"{shown} would send the token unencrypted; use https, or allow_http=True if you must"
        return ""

    def __repr__(self) -> str:
        return "<base URL>"


def user_agent_from(value: str | None) -> str:
    """Check a User-Agent and return it; the default one for None.

    Raises:
        ConfigurationError: a header cannot contain it.
    """
    if value is None:
        return DEFAULT_USER_AGENT
    text = text_from(value)
    if text is None or not _HEADER.fullmatch(text):
        raise ConfigurationError(f"user_agent: {value!r} is not a line of printable ASCII, like 'my-app/1.0'")
    return text


def http_library_from(given: str | None) -> str:
    """Return the name of the HTTP library to use: the given one, else A2E_HTTP, else httpx.

    Raises:
        ConfigurationError: there is no such library, or it is not installed.
    """
    source = "A2E_HTTP" if given is None else "http"
    name = (os.environ.get("A2E_HTTP") or "httpx") if given is None else given
    if name not in ("httpx", "httpx2"):
        raise ConfigurationError(f"{source}: {name!r} is not 'httpx' or 'httpx2'")

    if name == "httpx2":
        from importlib.util import find_spec  # only here: httpx is always installed

        if find_spec(name) is None:
            raise ConfigurationError(f"{source}: httpx2 is not installed: pip install 'a2e-async[fast]'")
    return name


@attrs.frozen
class Settings:
    """A client's checked settings.

    Attributes:
        token: the API token.
        base_url: the address of the API, with a path prefix if the host needs one; no trailing slash.
        timeout: seconds that an API request may take in all, and the transfer of a file without any progress.
        max_connections: the most API requests at once.
        user_agent: what requests call their sender.
        http: the HTTP library, httpx or httpx2.
        proxy: the proxy that requests go through; None for those of the environment.
        shapes: what collects the shapes of replies, None if nothing does.
    """

    token: Token
    base_url: str
    timeout: float
    max_connections: int
    user_agent: str = DEFAULT_USER_AGENT
    http: str = "httpx"
    proxy: ProxySetting | None = None
    shapes: ShapeLog | None = None

    @property
    def host(self) -> str:
        """The host of the API."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def account(self) -> str:
        """The account, as ``user@host``: the same for each of its tokens. It may be stored."""
        return f"{self.token.account}@{self.host.rstrip('.')}"

    @property
    def in_private_network(self) -> bool:
        """Whether the API is on this machine or in a private network, as the sandbox is."""
        return is_private(self.host) or "." not in self.host

    @property
    def is_docs_host(self) -> bool:
        """Whether the base URL leads to the documentation instead of the API."""
        return self.host == _DOCS_HOST
