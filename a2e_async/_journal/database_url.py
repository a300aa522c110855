"""The URL of a database, which may hold a password."""

from __future__ import annotations

import re
from typing import NoReturn, final

from a2e_async.errors import InvalidArgument

__all__ = ["DatabaseURL", "is_database_url"]

_SCHEMES = ("postgresql", "postgres")
_MASK = "..."


def is_database_url(text: str) -> bool:
    """Whether the text is meant to be the URL of a database."""
    return re.match(rf"({'|'.join(_SCHEMES)})(\+\w+)?:", text, re.IGNORECASE) is not None


@final
class DatabaseURL:
    """The URL of a PostgreSQL database. Shown, it has no password.

    Args:
        url: ``postgresql://user:password@host:port/database?option=value``, as libpq takes it.

    Raises:
        InvalidArgument: it is not such a URL. The message does not show the password.
    """

    __slots__ = ("_shown", "_url")

    def __init__(self, url: str) -> None:
        self._url = url
        self._shown = _masked(url)
        del url  # so that no traceback from here can show a secret
        problem = self._problem()
        if problem:
            raise InvalidArgument("journal", f"{self._shown!r} {problem}")

    @property
    def secret(self) -> str:
        """The whole URL."""
        return self._url

    def __str__(self) -> str:
        return self._shown

    def __repr__(self) -> str:
        return f"DatabaseURL({self._shown!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatabaseURL) and self._url == other._url

    def __hash__(self) -> int:
        return hash(self._url)

    def __reduce__(self) -> NoReturn:
        raise TypeError("the URL of a database may hold a password, so it is not pickled")

    def _problem(self) -> str | None:
        """Why it is no URL of a database; None if it is one."""
        scheme, slashes, rest = self._url.partition("://")
        if scheme.lower() not in _SCHEMES:
            plain = scheme.partition("+")[0].partition(":")[0]
            return f"has the scheme {scheme!r}; write {plain.lower()}://"[:200] if slashes else "has no //"
        if any(character.isspace() or not character.isprintable() for character in self._url):
            return "has a blank or a control character in it; write it as %20"
        if "#" in rest:
            return "has a # in it; in a password write it as %23"

        address = rest.partition("?")[0].partition("/")[0].rpartition("@")[2]
        for host in address.split(","):
            port = host.rpartition("]")[2].rpartition(":") if ":" in host.rpartition("]")[2] else ("", "", "")
            if port[1] and port[2] and not (port[2].isascii() and port[2].isdigit() and int(port[2]) < 65536):
                return f"has the port {port[2]!r}, which is not a number up to 65535"
            if host.count("[") != host.count("]"):
                return "has a [ without its ] in the host"
        if re.search(r"%(?![0-9a-fA-F]{2})", self._url):
            return "has a % that begins no code such as %40; in a password write it as %25"
        return None


def _masked(url: str) -> str:
    """The URL without its password, whatever is wrong with it otherwise."""
    base, question, query = url.partition("?")
    # A password may have an @ or a / in it that should have been written as %40 or %2F.
    base = re.sub(r"^([^:/?]*:/{0,2})([^:@]*):.*@", rf"\1\2:{_MASK}@", base, flags=re.DOTALL)
    query = re.sub(r"(?i)((?:^|&)[^=&]*pass[^=&]*=)[^&]*", rf"\1{_MASK}", query)
    return base + question + query
