"""What one operation of the API is: its path, its fields and their limits, its reply. No I/O.

The generated modules declare their operations with these classes; a call is checked against
its declaration before anything is sent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypedDict, TypeVar
from urllib.parse import quote

import attrs

from a2e_async.errors import InvalidArgument
from a2e_async.fields import Field, Media, Upload, checked_id, hint, shown
from a2e_async.records import Record, decode_many
from a2e_async.rules import Need, check_rules

__all__ = [
    "Call",
    "CallOptions",
    "Field",
    "Media",
    "Operation",
    "Paging",
    "Upload",
    "checked_id",
    "many",
    "one",
    "raw",
    "rows_of",
    "text",
    "with_body",
]

T = TypeVar("T")
RecordT = TypeVar("RecordT", bound=Record)


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
        any_of: groups of body keywords of which at least one is needed.
        exclusive: groups of body keywords of which at most one may be given.
        needs: body keywords that others make necessary.
    """

    method: str
    path: str
    reply: Callable[[Any], T]
    path_fields: tuple[Field, ...] = attrs.field(default=(), kw_only=True)
    query: tuple[Field, ...] = attrs.field(default=(), kw_only=True)
    body: tuple[Field, ...] = attrs.field(default=(), kw_only=True)
    has_body: bool = attrs.field(default=False, kw_only=True)
    paging: Paging | None = attrs.field(default=None, kw_only=True)
    any_of: tuple[tuple[str, ...], ...] = attrs.field(default=(), kw_only=True)
    exclusive: tuple[tuple[str, ...], ...] = attrs.field(default=(), kw_only=True)
    needs: tuple[Need, ...] = attrs.field(default=(), kw_only=True)

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
        keywords = {field.wire_name: field.name for field in self.body}
        named = {keywords.get(key, key): value for key, value in body.items()}
        check_rules(named, self.any_of, self.exclusive, self.needs)
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
            raise InvalidArgument(name, f"unknown keyword{hint(name, [*names, *OPTION_NAMES])}")
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


def with_body(body: Mapping[str, Any] | None, options: CallOptions) -> CallOptions:
    """The options with a free-form body in them; what stands in ``extra_body`` wins over it.

    Raises:
        InvalidArgument: the body is not a mapping.
    """
    if body is None:
        return options
    if not isinstance(body, Mapping):
        raise InvalidArgument("body", f"{shown(body)} is not a mapping")
    extra = options.get("extra_body", {})
    return {**options, "extra_body": {**body, **extra} if isinstance(extra, Mapping) else extra}


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
    if data is None or (isinstance(data, Mapping) and data.keys() <= {"message", "msg"}):
        return []
    raise TypeError("a list")
