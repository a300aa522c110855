"""Values as plain data: for JSON, for web frameworks, and for debuggers that look into an object. No I/O."""

from __future__ import annotations

import importlib
import math
import os
from collections.abc import Mapping
from enum import Enum
from typing import Any

import attrs

__all__ = ["Plain", "as_plain", "brief"]

_WITHHELD = frozenset({"webhook_token"})  # proves to the user's own server who is calling
_LONGEST = 120  # characters of one value in a repr


class Plain:
    """A value that can be shown as JSON.

    ``vars()`` of it is what `to_dict` returns, so that FastAPI, and ``json.dumps(..., default=vars)``, can
    send it as it is. pydantic takes it as the type of a field.
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it: strings, numbers, lists and dicts."""
        return _fields_of(self)

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        return self._shown()

    def _shown(self) -> dict[str, Any]:
        """What ``vars()`` returns. It must not raise."""
        return self.to_dict()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        schemas = importlib.import_module("pydantic_core.core_schema")
        serialization = schemas.plain_serializer_function_ser_schema(vars, when_used="json")
        return schemas.is_instance_schema(cls, serialization=serialization)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        return {"type": "object", "title": cls.__name__}


def as_plain(value: Any) -> Any:
    """The value as JSON has it. What JSON cannot express is shown as a text.

    A number that is not finite becomes None, and half a character becomes a question mark, because JSON for
    the web has neither.
    """
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, int):
        return int(value)

    if isinstance(value, Plain):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {_text(str(name)): as_plain(member) for name, member in value.items() if name not in _WITHHELD}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_plain(item) for item in value]
    return _shown(value)


def brief(value: Any) -> str:
    """The value's repr, cut to a length that a line of a log can hold."""
    text = repr(value[:_LONGEST] if isinstance(value, str | bytes | bytearray | list | tuple) else value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _fields_of(value: Any) -> dict[str, Any]:
    """The fields of an attrs object that its repr shows, as JSON has them."""
    names = (field.name for field in attrs.fields(type(value)) if field.repr)
    return {name: as_plain(getattr(value, name)) for name in names}


def _shown(value: Any) -> Any:
    """A value that is no data of its own: a path, an error, a file."""
    if isinstance(value, os.PathLike):
        return _text(os.fsdecode(value))
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, BaseException):
        return {"type": type(value).__name__, "message": _text(str(value)), **_facts_of(value)}
    if attrs.has(type(value)):
        return _fields_of(value)

    try:
        return _text(brief(value))
    except Exception:  # a broken __repr__ must not break what shows it
        return f"<{type(value).__name__}>"


def _facts_of(error: BaseException) -> dict[str, Any]:
    """What an error knows besides its message: ids, statuses, codes and names."""
    return {
        name: as_plain(fact)
        for name, fact in vars(error).items()
        if name != "message" and not name.startswith("_") and isinstance(fact, str | int | float | None)
    }


def _text(text: str) -> str:
    text = str.__str__(text)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
