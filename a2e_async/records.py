"""Records: typed replies, decoded tolerantly.

A field that is missing, or has another type than declared, is None; its value remains in ``raw``.
Decoding never raises, whatever the members of the JSON object are.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, Union, get_args, get_origin, get_type_hints

import attrs

from a2e_async.plain import Plain, as_plain, brief

if TYPE_CHECKING:
    from typing_extensions import TypeVar
else:
    from typing import TypeVar

__all__ = [
    "Confirmation",
    "JSONObject",
    "Record",
    "TaskRecord",
    "TaskRecordT",
    "TaskRecordT_co",
    "decode_many",
    "failure_text_of",
    "task_id_of",
    "task_ids_of",
    "task_status_of",
]

JSONObject = Mapping[str, Any]
"""A JSON object, as decoded."""
Convert = Callable[[Any], Any]
Put = Callable[[Any, Any], None]
Plan = Sequence[tuple[Put, str, type | None, Convert]]

_LONGEST_REPR = 300  # characters; `to_dict` shows all
_ID_KEYS = ("_id", "id", "task_id", "taskId")
_STATUS_KEYS = ("current_status", "status", "state", "task_status", "currentStatus", "taskStatus")
_FAILURE_KEYS = (
    "failed_message",
    "faild_message",
    "fail_reason",
    "failed_reason",
    "failure_reason",
    "fail_message",
    "error_message",
    "err_message",
    "error_msg",
    "err_msg",
    "failedMessage",
    "failReason",
    "errorMessage",
)


@attrs.frozen(kw_only=True)
class Record(Plain):
    """A JSON object sent by the service.

    Attributes:
        raw: the object itself, with unknown fields.
    """

    _read_elsewhere: ClassVar[Collection[str]] = ()  # names on the wire that a field stands for

    raw: JSONObject = attrs.field(repr=False, factory=dict[str, Any])
    """The object itself, with unknown fields."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # attrs gives each class without a __repr__ one that shows everything, long prompts too.
        if "__repr__" not in vars(cls):
            # A new function each time: attrs before 24.1 overwrites one that a base class has, too.
            def shown(self: Record) -> str:
                return Record.__repr__(self)

            cls.__repr__ = shown  # type: ignore[method-assign]

    def __repr__(self) -> str:
        known = [f"{name}={brief(value)}" for name, value in self._fields().items() if value is not None]
        text = ", ".join(known)
        return (
            f"{type(self).__name__}({text if len(text) <= _LONGEST_REPR else f'{text[:_LONGEST_REPR]}...'})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON has it: its fields, then what else the service sent, under its own names.

        The ``webhook_token`` that a start was given is left out.
        """
        fields = self._fields()
        keys = {attribute.metadata.get("key", attribute.name) for attribute in attrs.fields(type(self))}
        known = keys.union(fields, self._read_elsewhere)
        return {**as_plain(fields), **as_plain({key: self.raw[key] for key in self.raw if key not in known})}

    def _fields(self) -> dict[str, Any]:
        names = (attribute.name for attribute in attrs.fields(type(self)))
        return {name: getattr(self, name) for name in names if name != "raw"}

    @classmethod
    def decode(cls, raw: JSONObject) -> Self:
        """Make a record of a JSON object; fields of another type than declared become None."""
        return _filled(cls, raw)


@attrs.frozen(kw_only=True)
class TaskRecord(Record):
    """A task on the server. Families spell these fields differently; here they have one name.

    Attributes:
        id: the task's id (``_id``, else ``id``, ``task_id`` or ``taskId``).
        name: its name, without the marker that a start appends; ``raw`` keeps it.
        status: its status in lower case (``current_status``, else ``status`` or ``state``).
        coins: its cost in coins, None if the family does not report it.
        created_at: when it was created, ISO 8601 as sent.
        failure: the service's explanation of a failure, None if there is none.
    """

    _read_elsewhere = frozenset({*_ID_KEYS, *_STATUS_KEYS, *_FAILURE_KEYS})

    id: str | None = None
    """The task's id."""
    name: str | None = None
    """Its name, without the marker that a start appends."""
    status: str | None = None
    """Its status in lower case."""
    coins: float | None = None
    """Its cost in coins, None if the family does not report it."""
    created_at: str | None = attrs.field(default=None, metadata={"key": "createdAt"})
    """When it was created, ISO 8601 as sent."""
    failure: str | None = None
    """The service's explanation of a failure, None if there is none."""

    @classmethod
    def decode(cls, raw: JSONObject) -> Self:
        """Make a task record of a JSON object; see `Record.decode`."""
        record = _filled(cls, raw)
        _put_id(record, task_id_of(raw))
        name = raw.get("name")
        _put_name(record, (_unmarked(name) if "a2e" in name else name) if isinstance(name, str) else None)
        _put_status(record, task_status_of(raw))
        _put_failure(record, _first_text(raw, _FAILURE_KEYS))
        return record


@attrs.frozen(kw_only=True)
class Confirmation(Record):
    """The service did what it was asked for, such as a deletion. What else it says is not documented.

    Attributes:
        message: what it says in words, None if nothing.
        raw: everything that it said; data that is not an object is under ``data``.
    """

    message: str | None = None
    """What it says in words, None if nothing."""

    @classmethod
    def decode(cls, raw: JSONObject) -> Self:
        """Make a confirmation of whatever the service said."""
        return cls(message=_first_text(raw, ("message", "msg", "data")), raw=raw)


if TYPE_CHECKING:
    # The default spares an annotation where nothing tells the type, as in ``a2e.bulk([])``.
    TaskRecordT = TypeVar("TaskRecordT", bound=TaskRecord, default=Any)
    TaskRecordT_co = TypeVar("TaskRecordT_co", bound=TaskRecord, default=Any, covariant=True)
else:
    TaskRecordT = TypeVar("TaskRecordT", bound=TaskRecord)
    TaskRecordT_co = TypeVar("TaskRecordT_co", bound=TaskRecord, covariant=True)


def task_id_of(raw: JSONObject) -> str | None:
    """The id in a task's JSON, whatever the family calls it. A number is returned as text."""
    for key in _ID_KEYS:
        value = raw.get(key)
        if isinstance(value, str) and value:
            return value
        if type(value) is int and value > 0:
            return str(value)
    return None


def task_ids_of(raw: JSONObject) -> Sequence[str]:
    """All ids in a task's JSON: a start may name the task by one of them, and a list by another."""
    ids = [task_id_of({key: raw[key]}) for key in _ID_KEYS if key in raw]
    return tuple(dict.fromkeys(task_id for task_id in ids if task_id))


def task_status_of(raw: JSONObject) -> str | None:
    """The status in a task's JSON in lower case, whatever the family calls it."""
    status = _first_text(raw, _STATUS_KEYS)
    return status.lower() if status else None


def failure_text_of(raw: JSONObject) -> str | None:
    """Why a task failed, as its JSON explains it, whatever the family calls that."""
    return _first_text(raw, _FAILURE_KEYS)


def _unmarked(name: str) -> str:
    from a2e_async.markers import without_marker  # imported when the first task of ours is shown

    return without_marker(name)


RecordT = TypeVar("RecordT", bound=Record)


def decode_many(cls: type[RecordT], items: Sequence[Any]) -> list[RecordT]:
    """Decode the objects of a list; other elements are ignored."""
    return [cls.decode(item) for item in items if isinstance(item, dict)]


def _first_text(raw: JSONObject, keys: Sequence[str]) -> str | None:
    for key in keys:
        value = raw.get(key)
        if value and isinstance(value, str):
            return value
    return None


def _setter(cls: type[Record], name: str) -> Put:
    """Return the function that writes a slot of a frozen record."""
    put: Put = getattr(cls, name).__set__
    return put


_put_raw = _setter(Record, "raw")
_put_id, _put_name, _put_status, _put_failure = (
    _setter(TaskRecord, name) for name in ("id", "name", "status", "failure")
)


def _filled(cls: type[RecordT], raw: JSONObject) -> RecordT:
    """Make a record and fill the fields that are read from one key each.

    It bypasses ``__init__``: writing the slots of a frozen class from a plan takes half the time.
    """
    plan = _plans.get(cls)
    if plan is None:
        plan = _plans[cls] = _plan(cls)
    record = object.__new__(cls)
    _put_raw(record, raw)
    get = raw.get
    for put, key, kind, convert in plan:
        value = get(key)
        put(record, value if type(value) is kind else convert(value))
    return record


_plans: dict[type[Record], Plan] = {}


def _plan(cls: type[Record]) -> Plan:
    """Plan how to fill each field: its setter, its JSON key, the type taken as is, a converter for others."""
    hints = get_type_hints(cls)
    special = {"raw", "id", "name", "status", "failure"} if issubclass(cls, TaskRecord) else {"raw"}

    return tuple(
        (
            _setter(cls, field.name),
            field.metadata.get("key", field.name),
            _plain_type(hints[field.name]),
            _converter(hints[field.name]),
        )
        for field in attrs.fields(cls)
        if field.name not in special
    )


def _plain_type(hint: Any) -> type | None:
    """The type whose values need no conversion, if the hint names just one such type."""
    return next((kind for kind in (str, int, float, bool) if hint in (kind, kind | None)), None)


def _converter(hint: Any) -> Convert:
    """Return a function that returns a value of the declared type as it is, and None for any other."""
    if get_origin(hint) in (Union, types.UnionType):
        options = [_converter(option) for option in get_args(hint) if option is not type(None)]
        if len(options) == 1:
            return options[0]
        return lambda value: next((found for option in options if (found := option(value)) is not None), None)

    if hint is Any or hint is object:
        return lambda value: value
    if get_origin(hint) in (list, Sequence):
        item = _converter(get_args(hint)[0])
        return lambda value: (
            [found for one in value if (found := item(one)) is not None] if isinstance(value, list) else None
        )

    if isinstance(hint, type) and issubclass(hint, Record):
        return lambda value: hint.decode(value) if isinstance(value, Mapping) else None
    if hint is float:
        return lambda value: value if type(value) is float or type(value) is int else None
    if hint is str or hint is int or hint is bool:
        return lambda value: value if type(value) is hint else None
    if get_origin(hint) in (dict, Mapping):
        return lambda value: value if isinstance(value, Mapping) else None
    raise TypeError(f"no converter for {hint!r}")
