"""One operation of the API: its path, its fields and their limits, its reply. No I/O.

Generated modules declare their operations with these classes. A call is checked against the
declaration before anything is sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypedDict, TypeVar
from urllib.parse import quote

import attrs

from a2e_async._spec.decoders import content, many, one, plain_text, raw, rows_of, text
from a2e_async._spec.field import Field, anyway, checked_id, hint, shown
from a2e_async._spec.media import is_file
from a2e_async._spec.rules import Need, check_never_sent, check_rules
from a2e_async._spec.values import is_sendable, plain
from a2e_async.checks import check_positive, number_from
from a2e_async.errors import InvalidArgument, UnexpectedReply

__all__ = [
    "Call",
    "CallOptions",
    "Operation",
    "Paging",
    "content",
    "many",
    "one",
    "plain_text",
    "raw",
    "rows_of",
    "text",
    "with_body",
]

T = TypeVar("T")


class CallOptions(TypedDict, total=False):
    """Keywords that every call accepts in addition to its own.

    request_timeout: seconds for this request, instead of the client's setting.
    extra_headers: additional headers; Authorization cannot be replaced.
    extra_query: query parameters that the specification does not declare yet.
    extra_body: body fields that the specification does not declare yet; they override typed ones.
    """

    request_timeout: float
    """Seconds for this request, instead of the client's setting."""
    extra_headers: Mapping[str, str]
    """Additional headers; Authorization cannot be replaced."""
    extra_query: Mapping[str, str | int | float | bool]
    """Query parameters that the specification does not declare yet."""
    extra_body: Mapping[str, Any]
    """Body fields that the specification does not declare yet; they override typed ones."""


_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
OPTION_NAMES = frozenset(CallOptions.__annotations__)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?|")
_OWN_HEADERS = frozenset({"authorization", "host", "content-length", "content-type", "transfer-encoding"})


@attrs.frozen
class Paging:
    """How a list operation is paged.

    Attributes:
        page, size: the names of the query parameters, None if the operation has no such parameter.
        default_size, max_size: records per page.
        by: what ``page`` takes: the number of a page, the number of records before it (``offset``), what the
            reply to the page before named (``cursor``), or the last record's id (``id``).
        first: the number of the first page.
    """

    page: str | None = None
    size: str | None = None
    default_size: int = 20
    max_size: int = 100
    by: str = "page"
    first: int = 1


def _brief(body: Any) -> str:
    """A body's repr, shortened: files and prompts may be long."""
    if not isinstance(body, Mapping):
        return shown(body)
    text = ", ".join(
        f"{key!r}: {shown('...' if 'token' in key.lower() else value)}" for key, value in body.items()
    )
    return f"{{{text if len(text) <= 200 else text[:197] + '...'}}}"


@attrs.frozen
class Call:
    """One checked request, ready for the transport.

    Attributes:
        method, path, query, body, headers: the request; its files are not uploaded yet.
        timeout: seconds for this request, None for the client's setting.
        may_be_empty: whether a 200 without a body is a success.
        form: how the body is written; see `Operation.form`.
        takes_content: whether the reply may be anything but JSON.
        unchecked: the names of body members that were given in ``extra_body``.
        template: the path with its parameters in braces; "" if only the caller knows what is in it.
    """

    method: str
    path: str
    query: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    body: Mapping[str, Any] | None = attrs.field(default=None, repr=_brief)
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    timeout: float | None = None
    may_be_empty: bool = False
    form: str = ""
    takes_content: bool = False
    unchecked: frozenset[str] = attrs.field(default=frozenset(), repr=False)
    template: str = attrs.field(default="", repr=False)

    def with_query(self, query: Mapping[str, Any]) -> Call:
        """Return the call with another query."""
        return attrs.evolve(self, query=query)


@attrs.frozen(eq=False)
class Operation(Generic[T]):
    """One operation of the API.

    Attributes:
        method, path: as in the document, with path parameters in braces.
        reply: makes the typed reply from the envelope's ``data``.
        path_fields, query, headers, cookies, body: the keywords, by where they are sent.
        has_body: whether a body is sent. An empty one is sent only if fields are declared for it.
        form: how the body is written: "" is a JSON object; see `a2e_async._spec.bodies`.
        optional_body: whether no body is sent where nothing is given for it.
        paging: how the pages are counted, if the operation lists.
        any_of: groups of body keywords; at least one of each group is required.
        exclusive: groups of body keywords; at most one of each group is allowed.
        needs: conditional rules between body keywords.
        repeatable: whether sending it twice does no more than sending it once. An operation that is not
            known to be so is sent once.
        may_be_empty: whether a 200 without a body is a success: the document declares no reply.
        is_known: whether the path is of the document. One that the caller wrote may hold ids.
    """

    method: str
    path: str
    reply: Callable[[Any], T]
    path_fields: tuple[Field, ...] = attrs.field(default=(), kw_only=True)
    query: tuple[Field, ...] = attrs.field(default=(), kw_only=True)
    headers: tuple[Field, ...] = attrs.field(default=(), kw_only=True)
    cookies: tuple[Field, ...] = attrs.field(default=(), kw_only=True)
    body: tuple[Field, ...] = attrs.field(default=(), kw_only=True)
    has_body: bool = attrs.field(default=False, kw_only=True)
    form: str = attrs.field(default="", kw_only=True)
    optional_body: bool = attrs.field(default=False, kw_only=True)
    paging: Paging | None = attrs.field(default=None, kw_only=True)
    any_of: tuple[tuple[str, ...], ...] = attrs.field(default=(), kw_only=True)
    exclusive: tuple[tuple[str, ...], ...] = attrs.field(default=(), kw_only=True)
    needs: tuple[Need, ...] = attrs.field(default=(), kw_only=True)
    repeatable: bool = attrs.field(default=False, kw_only=True)
    may_be_empty: bool = attrs.field(default=False, kw_only=True)
    is_known: bool = attrs.field(default=True, kw_only=True)

    def call(self, values: Mapping[str, Any], options: Mapping[str, Any]) -> Call:
        """Check the values and the options, and make the request.

        Args:
            values: the keywords' values; None means not given.
            options: see `CallOptions`.

        Raises:
            InvalidArgument: names the field, the value and what is allowed.
        """
        check_options(options, [field.name for field in self.fields])

        path = self.path
        for field in self.path_fields:
            path = path.replace("{" + field.wire_name + "}", _segment(field, values.get(field.name)))

        query = self._collect(self.query, values, "extra_query")
        if any(field.style for field in self.query) or any(
            type(one) in (list, dict) for one in query.values()
        ):
            query = _styles().in_query(self.query, query)
        query.update(_plain_query(options.get("extra_query", {})))
        check_never_sent(query)

        return Call(
            self.method,
            path,
            query,
            self._body(values, options) if self.has_body else None,
            self._headers(values, options),
            number_from(options.get("request_timeout")),
            self.may_be_empty,
            self.form,
            self.reply is content or self.reply is plain_text,
            frozenset(options.get("extra_body", ())),
            self.path if self.is_known else "",
        )

    @property
    def fields(self) -> tuple[Field, ...]:
        """All its keywords."""
        return (*self.path_fields, *self.query, *self.headers, *self.cookies, *self.body)

    def _headers(self, values: Mapping[str, Any], options: Mapping[str, Any]) -> Mapping[str, str]:
        """The headers: those of its keywords, and those that the caller adds."""
        extra: Mapping[str, str] = options.get("extra_headers", {})
        if not self.headers and not self.cookies:
            return extra

        own: dict[str, str] = _styles().in_headers(
            self.headers, self._collect(self.headers, values, "extra_headers")
        )
        cookie = _styles().in_cookie(self.cookies, self._collect(self.cookies, values, "extra_headers"))
        if cookie:
            own["cookie"] = cookie
        return {**own, **{name.lower(): value for name, value in extra.items()}}

    def _body(self, values: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
        if self.form and self.body and self.form not in _FORMS:
            return self._whole(values, options)

        body = self.body_of(values, options)
        nothing = not body and "extra_body" not in options
        if nothing and (self.optional_body or not self.body):
            return None  # the document declares none, or an optional one, and the caller gives none
        return _styles().in_form(self.body, body) if self.form else body

    def _whole(self, values: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
        """The body that is the value of its one keyword. Members are added to a mapping."""
        body = self._collect(self.body, values, "extra_body").get(self.body[0].wire_name)
        extra = options.get("extra_body")
        if extra and not isinstance(body, Mapping | None):
            raise InvalidArgument("extra_body", "the body is not a mapping, so no members can be added")
        body = {**(body or {}), **plain(extra, "extra_body")} if extra else body
        check_never_sent(body)
        return body

    def decode(self, call: Call, data: Any) -> T:
        """Make the typed reply.

        Args:
            call: the request, for the error.
            data: the envelope's ``data``.

        Raises:
            UnexpectedReply: the data is not of the reply's basic shape (an object, a list, a string).
        """
        try:
            return self.reply(data)
        except TypeError as error:
            raise UnexpectedReply(
                f"the reply is not {error}", status=200, method=call.method, path=call.path, body=data
            ) from None

    def body_of(self, values: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """Make the checked JSON body; its files are not uploaded yet."""
        extra = {name: plain(value, name) for name, value in options.get("extra_body", {}).items()}
        given = {name: value for name, value in values.items() if value is not None}
        body = self._collect(tuple(f for f in self.body if f.wire_name not in extra), given, "extra_body")
        body.update(extra)

        keywords = {field.wire_name: field.name for field in self.body}
        named = {keywords.get(key, key): value for key, value in body.items()}
        # The rules know nothing about values that are newer than they are.
        unchecked: set[str] = {keywords.get(str(key), str(key)) for key in extra}
        if self.needs:
            chosen = (field for field in self.body if field.choices and field.name in named)
            unchecked |= {field.name for field in chosen if field.is_unknown(named[field.name])}
        check_rules(named, self.any_of, self.exclusive, self.needs, unchecked)
        return body

    @staticmethod
    def _collect(fields: Iterable[Field], values: Mapping[str, Any], option: str) -> dict[str, Any]:
        collected: dict[str, Any] = {}
        for field in fields:
            value = values.get(field.name)
            if value is None:
                if field.required:
                    raise InvalidArgument(field.name, "is required")
                continue

            try:
                collected[field.wire_name] = field.check(value)
            except InvalidArgument as error:
                if _concerns_file(field, error) or not is_sendable(value):
                    raise
                raise InvalidArgument(error.field, f"{error.problem}{anyway(option)}") from None
        return collected


def _styles() -> Any:
    from a2e_async._spec import styles  # few operations need it

    return styles


def _segment(field: Field, value: Any) -> str:
    """The text of a path parameter. Nearly all are ids."""
    if field.kind is str and not field.style:
        return quote(checked_id(field.name, value), safe="")
    text: str = _styles().in_path(field, value)
    return text


def _concerns_file(field: Field, error: InvalidArgument) -> bool:
    """Whether an error is about a file or its URL, which cannot be sent unchecked."""
    item = field.item
    inside = item is not None and (item.media or item.content) and error.field != field.name
    return field.media or field.content or inside


def check_options(options: Mapping[str, Any], names: Sequence[str]) -> None:
    """Raise `InvalidArgument` for an unknown keyword or an invalid option."""
    for name in options:
        if name not in OPTION_NAMES:
            raise InvalidArgument(
                name,
                f"unknown keyword{hint(name, [*names, *OPTION_NAMES])}; what the service takes besides goes "
                "into extra_body or extra_query",
            )

    if options.get("request_timeout") is not None:
        check_positive("request_timeout", options["request_timeout"], unit="seconds")
    for name in ("extra_headers", "extra_query", "extra_body"):
        if not isinstance(options.get(name, {}), Mapping):
            raise InvalidArgument(name, f"{shown(options[name])} is not a mapping")

    for header, value in options.get("extra_headers", {}).items():
        _check_header(header, value)
    for name in options.get("extra_body", {}):
        if not isinstance(name, str):
            raise InvalidArgument(f"extra_body.{name}", "the name is not a string")


def _plain_query(query: Mapping[Any, Any]) -> dict[str, str | int | float | bool]:
    """The query parameters as they are sent.

    Raises:
        InvalidArgument: one of them is not a string, number or bool.
    """
    checked = {}
    for name, given in query.items():
        where = f"extra_query.{name}"
        value = None if is_file(given) else plain(given, where)
        if not isinstance(name, str) or not isinstance(value, str | int | float):
            raise InvalidArgument(where, f"{shown(given)} is not a string, number or bool")
        checked[name] = value
    return checked


def _check_header(name: Any, value: Any) -> None:
    where = f"extra_headers.{name}"
    if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
        raise InvalidArgument(where, "that cannot be a header's name")
    if name.lower() in _OWN_HEADERS:
        instead = "; give the client another token" if name.lower() == "authorization" else ""
        raise InvalidArgument(where, f"cannot be replaced{instead}")
    if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
        # The value may be a secret, so it is not shown.
        raise InvalidArgument(where, "the value is not a string of printable ASCII characters")


def with_body(body: Mapping[str, Any] | None, options: CallOptions) -> CallOptions:
    """Add a free-form body to the options; ``extra_body`` overrides it.

    Raises:
        InvalidArgument: the body is not a mapping.
    """
    if body is None:
        return options
    if not isinstance(body, Mapping):
        raise InvalidArgument("body", f"{shown(body)} is not a mapping")
    extra = options.get("extra_body", {})
    return {**options, "extra_body": {**body, **extra} if isinstance(extra, Mapping) else extra}
