"""What one operation of the API is: its path, its fields and their limits, its reply. No I/O.

The generated modules declare their operations with these classes; a call is checked against
its declaration before anything is sent.
"""

from __future__ import annotations

import difflib
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, TypedDict, TypeVar
from urllib.parse import quote

import attrs

from a2e_async.errors import InvalidArgument
from a2e_async.records import Record, decode_many

__all__ = [
    "Call",
    "CallOptions",
    "Field",
    "Media",
    "Operation",
    "Paging",
    "Upload",
    "many",
    "one",
    "raw",
    "rows_of",
    "text",
]

T = TypeVar("T")
RecordT = TypeVar("RecordT", bound=Record)

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


@attrs.frozen
class Upload:
    """A file that is uploaded and can be given wherever a media URL is wanted.

    Attributes:
        url: its public address, for tasks. Such addresses die after days (M).
        sha256: of the content, in hex.
        size: bytes.
        content_type: as signed and stored.
    """

    url: str
    sha256: str
    size: int
    content_type: str


Media = str | Path | bytes | Upload
"""Where the API wants a media URL: a URL, or a file as `pathlib.Path`, bytes or `Upload`."""


class CallOptions(TypedDict, total=False):
    """What every call takes besides its own keywords.

    request_timeout: seconds for this request, instead of the client's setting.
    extra_headers: more headers; they cannot replace Authorization.
    extra_query: query parameters that the spec does not know yet.
    extra_body: body fields that the spec does not know yet; they win over the typed ones.
    """

    request_timeout: float
    extra_headers: Mapping[str, str]
    extra_query: Mapping[str, str | int | float | bool]
    extra_body: Mapping[str, Any]


OPTION_NAMES = frozenset(CallOptions.__annotations__)


@attrs.frozen
class Field:
    """One keyword of an operation and what it allows.

    Attributes:
        name: the Python keyword.
        kind: ``str``, ``int``, ``float`` (any number), ``bool``, ``list``, ``dict`` or ``object`` (anything).
        key: the name on the wire, where it differs.
        media: a media URL is wanted, so a file will do.
        item: of a list, what each element allows.
        fields: of a dict, what its members allow; others pass.
    """

    name: str
    kind: type = object
    key: str = ""
    required: bool = attrs.field(default=False, kw_only=True)
    choices: tuple[Any, ...] = attrs.field(default=(), kw_only=True)
    minimum: float | None = attrs.field(default=None, kw_only=True)
    maximum: float | None = attrs.field(default=None, kw_only=True)
    min_length: int | None = attrs.field(default=None, kw_only=True)
    max_length: int | None = attrs.field(default=None, kw_only=True)
    min_items: int | None = attrs.field(default=None, kw_only=True)
    max_items: int | None = attrs.field(default=None, kw_only=True)
    pattern: str | None = attrs.field(default=None, kw_only=True)
    media: bool = attrs.field(default=False, kw_only=True)
    item: Field | None = attrs.field(default=None, kw_only=True)
    fields: tuple[Field, ...] = attrs.field(default=(), kw_only=True)

    @property
    def wire_name(self) -> str:
        """The name on the wire."""
        return self.key or self.name

    def check(self, value: Any, where: str | None = None) -> None:
        """Raise `InvalidArgument` naming the field, the value and what is allowed."""
        where = where or self.name
        if self.media and not isinstance(value, str):
            _check_file(where, value)
            return
        self._check_kind(where, value)
        self._check_limits(where, value)
        if self.item is not None:
            for index, element in enumerate(value):
                self.item.check(element, f"{where}[{index}]")
        for member in self.fields:
            if member.wire_name in value:
                member.check(value[member.wire_name], f"{where}.{member.wire_name}")
            elif member.required:
                raise InvalidArgument(f"{where}.{member.wire_name}", "is required")

    def _check_kind(self, where: str, value: Any) -> None:
        if self.kind is object:
            return
        allowed = _KINDS[self.kind]
        if not isinstance(value, allowed) or (isinstance(value, bool) and self.kind is not bool):
            raise InvalidArgument(where, f"{_shown(value)} is not {_KIND_NAMES[self.kind]}")
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidArgument(where, f"{value} is not a finite number")

    def _check_limits(self, where: str, value: Any) -> None:
        if self.choices and value not in self.choices:
            raise InvalidArgument(
                where,
                f"{_shown(value)} is not one of {', '.join(map(repr, self.choices))}"
                f"{_hint(value, self.choices)}",
            )
        _check_range(where, value, self.minimum, self.maximum, "", value)
        if self.min_length is not None or self.max_length is not None:
            _check_range(where, len(value), self.min_length, self.max_length, " characters", value)
        if self.min_items is not None or self.max_items is not None:
            _check_range(where, len(value), self.min_items, self.max_items, " items", value)
        if self.media:
            _check_url(where, value)
        elif self.pattern is not None and not re.search(self.pattern, value):
            raise InvalidArgument(where, f"{_shown(value)} does not match {self.pattern}")


@attrs.frozen
class Paging:
    """How a list operation counts its pages.

    Attributes:
        page, size: names of the query parameters, None where the operation has no paging.
        default_size, max_size: records per page.
    """

    page: str | None = None
    size: str | None = None
    default_size: int = 20
    max_size: int = 100


@attrs.frozen
class Call:
    """One request, checked and ready: what goes to the transport."""

    method: str
    path: str
    query: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    timeout: float | None = None

    def with_query(self, query: Mapping[str, Any]) -> Call:
        """The same call with another query."""
        return attrs.evolve(self, query=query)


@attrs.frozen(eq=False)
class Operation(Generic[T]):
    """One operation of the API.

    Attributes:
        method, path: as in the document, path parameters in braces.
        reply: makes the typed reply of the envelope's ``data``.
        path_fields, query, body: the keywords by where they go.
        has_body: a JSON body is sent, even an empty one.
        paging: set on operations that list.
    """

    method: str
    path: str
    reply: Callable[[Any], T]
    path_fields: tuple[Field, ...] = attrs.field(default=(), kw_only=True)
    query: tuple[Field, ...] = attrs.field(default=(), kw_only=True)
    body: tuple[Field, ...] = attrs.field(default=(), kw_only=True)
    has_body: bool = attrs.field(default=False, kw_only=True)
    paging: Paging | None = attrs.field(default=None, kw_only=True)

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does no more than sending it once.

        A POST is not, unless its last segment says that it only reads; a ``retry`` is not,
        though it is a GET.
        """
        last = self.path.rpartition("/")[2]
        if self.method != "POST":
            return last != "retry"
        return last == "quote" or last.endswith(("batchDetail", "list", "Background"))

    def call(self, values: Mapping[str, Any], options: Mapping[str, Any]) -> Call:
        """Check the values (None is: not given) and the options, and make the request.

        Raises:
            InvalidArgument: names the field, the value and what is allowed.
        """
        check_options(options, [field.name for field in (*self.path_fields, *self.query, *self.body)])
        path = self.path
        for field in self.path_fields:
            path = path.replace(
                "{" + field.wire_name + "}", quote(checked_id(field.name, values.get(field.name)), safe="")
            )
        query = self._collect(self.query, values)
        query.update(options.get("extra_query", {}))
        body: dict[str, Any] | None = None
        if self.has_body:
            body = self.body_of(values, options)
        return Call(
            self.method,
            path,
            query,
            body,
            options.get("extra_headers", {}),
            options.get("request_timeout"),
        )

    def body_of(self, values: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """The checked JSON body, files not yet uploaded."""
        extra = options.get("extra_body", {})
        given = {name: value for name, value in values.items() if value is not None}
        body = self._collect(tuple(f for f in self.body if f.wire_name not in extra), given)
        body.update(extra)
        return body

    @staticmethod
    def _collect(fields: Iterable[Field], values: Mapping[str, Any]) -> dict[str, Any]:
        collected: dict[str, Any] = {}
        for field in fields:
            value = values.get(field.name)
            if value is None:
                if field.required:
                    raise InvalidArgument(field.name, "is required")
                continue
            field.check(value)
            collected[field.wire_name] = value
        return collected


def check_options(options: Mapping[str, Any], names: Sequence[str]) -> None:
    """Refuse keywords that are neither the operation's nor `CallOptions`."""
    for name in options:
        if name not in OPTION_NAMES:
            raise InvalidArgument(name, f"unknown keyword{_hint(name, [*names, *OPTION_NAMES])}")
    timeout = options.get("request_timeout")
    if timeout is not None and not (isinstance(timeout, int | float) and 0 < timeout < math.inf):
        raise InvalidArgument("request_timeout", f"{timeout!r} is not a number of seconds above 0")
    for name in ("extra_headers", "extra_query", "extra_body"):
        if not isinstance(options.get(name, {}), Mapping):
            raise InvalidArgument(name, "is not a mapping")
    for header in options.get("extra_headers", {}):
        if header.lower() == "authorization":
            raise InvalidArgument(
                "extra_headers", "cannot replace Authorization; give the client another token"
            )


def checked_id(name: str, value: Any) -> str:
    """An id that can stand in a path."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise InvalidArgument(name, f"{_shown(value)} is not an id (1 to 128 letters, digits, _ or -)")
    return value


def one(cls: type[RecordT]) -> Callable[[Any], RecordT]:
    """A reply whose data is one object (a list of one is taken for it)."""

    def decode(data: Any) -> RecordT:
        if isinstance(data, list) and data:
            data = data[0]
        if not isinstance(data, Mapping):
            raise TypeError("an object")
        return cls.decode(data)

    return decode


def many(cls: type[RecordT]) -> Callable[[Any], Sequence[RecordT]]:
    """A reply whose data is a list, bare or wrapped."""

    def decode(data: Any) -> Sequence[RecordT]:
        return decode_many(cls, rows_of(data))

    return decode


def text(data: Any) -> str:
    """A reply whose data is a string."""
    if not isinstance(data, str):
        raise TypeError("a string")
    return data


def raw(data: Any) -> Any:
    """A reply whose shape is not known: the JSON as it came."""
    return data


def rows_of(data: Any) -> Sequence[Any]:
    """The elements of a list reply: bare, or under ``rows``, ``list`` or ``data``."""
    if isinstance(data, list):
        return data
    if isinstance(data, Mapping):
        for key in ("rows", "list", "data"):
            if isinstance(data.get(key), list):
                return list(data[key])
    if data is None or data == {}:
        return []
    raise TypeError("a list")


_KINDS: dict[type, type | tuple[type, ...]] = {
    str: str,
    int: int,
    float: (int, float),
    bool: bool,
    list: (list, tuple),
    dict: Mapping,
}
_KIND_NAMES = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    list: "a list",
    dict: "a mapping",
}


def _check_range(where: str, size: Any, low: float | None, high: float | None, unit: str, value: Any) -> None:
    if (low is not None and size < low) or (high is not None and size > high):
        bounds = f"{'' if low is None else f'at least {low}'}{' and ' if None not in (low, high) else ''}"
        bounds += "" if high is None else f"at most {high}"
        raise InvalidArgument(where, f"{_shown(value)} is out of bounds: {bounds}{unit}")


def _check_url(where: str, value: str) -> None:
    if not _URL.fullmatch(value):
        raise InvalidArgument(
            where, f"{_shown(value)} is not a URL (for a local file give pathlib.Path({_shown(value)}))"
        )


def _check_file(where: str, value: Any) -> None:
    if isinstance(value, Upload):
        return
    if isinstance(value, bytes):
        if not value:
            raise InvalidArgument(where, "the file is empty")
        return
    if isinstance(value, os.PathLike):
        path = Path(value)
        if not path.is_file():
            raise InvalidArgument(where, f"{path} is not a file")
        if not path.stat().st_size:
            raise InvalidArgument(where, f"{path} is empty")
        return
    raise InvalidArgument(where, f"{_shown(value)} is not a URL, pathlib.Path, bytes or Upload")


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."


def _hint(value: Any, options: Iterable[Any]) -> str:
    close = difflib.get_close_matches(str(value), [str(option) for option in options], n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
