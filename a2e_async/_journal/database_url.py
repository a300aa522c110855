"""The URL of a database, which may hold a password."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, NoReturn, Self, final

from a2e_async.checks import text_from
from a2e_async.errors import InvalidArgument

__all__ = ["DatabaseURL", "database_url_in", "place_from"]

_MASK = "..."
_AROUND = " \t\r\n\"'"  # what a text may bring along from a file or a shell
_WORDS = r"\s*(?:host|hostaddr|port|dbname|user|password|service|sslmode)\s*="  # of another form of libpq's


def database_url_in(value: Any) -> DatabaseURL | None:
    """The database that a value of ``journal`` names, not checked yet; None if it names a file, or nothing.

    URL objects and hidden texts are taken too.
    """
    if value is None or isinstance(value, DatabaseURL | os.PathLike):
        return value if isinstance(value, DatabaseURL) else None
    is_pydantic = callable(getattr(value, "hosts", None))  # its PostgresDsn is no str
    text = str(value) if is_pydantic else text_from(value)
    pattern = rf"[a-z][a-z0-9+.-]+://|postgres\w*:|{_WORDS}"
    if text is not None and re.match(pattern, text.lstrip(_AROUND), re.IGNORECASE):
        return DatabaseURL(text)
    return None


def place_from(text: str) -> Path | DatabaseURL:
    """Where a journal is, as it was given on the command line: a file, or the URL of a database.

    Raises:
        InvalidArgument: it begins like the URL of a database, and is not a valid one.
    """
    database = database_url_in(text)
    return Path(text) if database is None else database.checked()


@final
class DatabaseURL:
    """The URL of a PostgreSQL database. Shown, it has no password.

    Args:
        url: ``postgresql://user:password@host:port/database?option=value``, as libpq takes it.
    """

    __slots__ = ("_shown", "_url")

    def __init__(self, url: str) -> None:
        scheme, slashes, rest = url.partition("://")
        # libpq knows the scheme in small letters only.
        self._url = f"{scheme.lower()}{slashes}{rest}" if slashes else url
        self._shown = _masked(self._url)

    @property
    def secret(self) -> str:
        """The whole URL."""
        return self._url

    def checked(self) -> Self:
        """Return the URL itself, once it is known to be one of PostgreSQL.

        Raises:
            InvalidArgument: it is not. The message does not show the password.
        """
        problem = self._problem()
        if problem:
            raise InvalidArgument("journal", f"{self._shown!r} {problem}")
        return self

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
        """What is wrong with the URL; None if it is one of PostgreSQL."""
        if self._url != self._url.strip(_AROUND):
            return "has a blank, the end of a line or a quotation mark around it; leave that out"
        if re.match(_WORDS, self._url, re.IGNORECASE):
            return "is a list of settings; write it as postgresql://user:password@host/database"
        scheme, slashes, rest = self._url.partition("://")
        if not slashes:
            return "has no // after the scheme"
        if scheme.lower() not in ("postgresql", "postgres"):
            if scheme.lower().startswith("postgres"):
                return f"names a driver ({scheme}); write postgresql://"
            return "is an address, neither the path of a file nor that of a database (postgresql://...)"
        if any(character.isspace() or not character.isprintable() for character in self._url):
            return "has a blank or a control character in it; write a blank as %20"
        if "#" in rest:
            return "has a # in it; write it as %23"
        if re.search(r"%(?![0-9a-fA-F]{2})", rest):
            return "has a % that begins no code like %40; write it as %25"

        if "@" in rest.partition("?")[2] and "@" not in rest.partition("?")[0]:
            return "has an @ after a ?; in a password write a ? as %3F, in an option an @ as %40"
        address, _, hosts = rest.partition("?")[0].partition("/")[0].rpartition("@")
        if "@" in address or "@" in rest.partition("?")[0].partition("/")[2]:
            return "has more than one @, or a / before it; in a password write them as %40 and %2F"
        for host in hosts.split(","):
            name, _, port = host.rpartition(":") if re.search(r":[^\]]*$", host) else (host, "", "")
            if name.startswith("[") != name.endswith("]") or (":" in name and not name.startswith("[")):
                return "has a host with colons or a bracket; write an IPv6 address as [::1]"
            if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
                return "has a port that is not a number from 1 to 65535"
        return None


def _masked(url: str) -> str:
    """The URL without its password, whatever else is wrong with it."""
    base, question, query = url.partition("?")
    if "@" in query:  # a password with a question mark
        base, question, query = url, "", ""
    # In a password an @ or a / may not have been written as %40 or %2F.
    base = re.sub(r"^([\s'\"]*[\w+.-]*:/*)([^:@]*):.*@", rf"\1\2:{_MASK}@", base, flags=re.DOTALL)
    query = re.sub(r"(?i)([^=&\s]*pass[^=&\s]*\s*=)[^&]*", rf"\1{_MASK}", query)
    base = re.sub(r"(?i)(pass\w*\s*=\s*)('(?:[^'\\]|\\.)*'|\S+)", rf"\1{_MASK}", base)
    return base + question + query
