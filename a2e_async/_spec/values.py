"""Values of other libraries, taken as the plain ones that are meant. No I/O, and nothing is imported for it.

Members of enums, scalars and arrays of numpy and pandas, decimals and URL objects are recognised by what they
can do. What comes out is what JSON has, and files in their places.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from a2e_async._spec.media import is_file, is_made
from a2e_async.checks import number_from, shown, text_from, unwrapped
from a2e_async.errors import InvalidArgument
from a2e_async.plain import Plain

__all__ = [
    "checked_finite",
    "is_missing",
    "is_sendable",
    "items_in",
    "missing_hint",
    "name_in",
    "plain",
    "text_in",
]

_DEEPEST = 50  # levels of lists and mappings; more are a mistake, such as a list in itself
_LARGEST = 1e308  # of the whole numbers that a JSON reader takes for a number


def plain(value: Any, where: str, depth: int = 0) -> Any:
    """The value as JSON has it, copied, with its files left in their places.

    Args:
        value: a value of any library.
        where: its place, for messages.
        depth: how many lists and mappings are around it.

    Raises:
        InvalidArgument: it, or something in it, cannot be sent as JSON.
    """
    value = unwrapped(value)
    if value is None or isinstance(value, bool):
        return value
    if depth > _DEEPEST:
        raise InvalidArgument(f"{where[:40]}...", f"there are more than {_DEEPEST} lists or mappings in it")

    if is_made(value):
        return value.urls_for(where)[0]
    if is_file(value):
        return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else value
    if (text := text_in(value, where)) is not None:
        return text
    if (number := number_from(value)) is not None:
        return checked_finite(number, where)

    if isinstance(value, Mapping):
        return {
            name: plain(member, f"{where}.{name}", depth + 1)
            for name, member in ((name_in(key, where), member) for key, member in value.items())
        }
    if (items := items_in(value)) is not None:
        return [plain(item, f"{where}[{index}]", depth + 1) for index, item in enumerate(items)]
    raise InvalidArgument(where, f"{shown(value)} cannot be sent as JSON{missing_hint(value)}")


def text_in(value: Any, where: str) -> str | None:
    """The value as a str: a text, a URL object or a secret; None if it is none of them.

    Raises:
        InvalidArgument: the text is not valid Unicode.
    """
    text = text_from(value)
    if text is not None and not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InvalidArgument(
                where, f"{shown(text)} has half a character (a lone surrogate) at position {error.start}"
            ) from None
    return text


def name_in(key: Any, where: str) -> str:
    """The name of a member of a mapping.

    Args:
        key: the name as given.
        where: the place of the mapping, for messages.

    Raises:
        InvalidArgument: it is not a string.
    """
    name = text_in(unwrapped(key), where)
    if name is None:
        raise InvalidArgument(where, f"the name {shown(key)} is not a string")
    return name


def is_sendable(value: Any) -> bool:
    """Whether the value can be sent as JSON, be it right or wrong."""
    try:
        plain(value, "")
    except InvalidArgument:
        return False
    return True


def items_in(value: Any) -> Sequence[Any] | None:
    """The elements of a list, a tuple or an array; None if the value is none of them."""
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, str | bytes | bytearray | memoryview | Mapping | type):
        return None

    if callable(to_list := getattr(value, "tolist", None)):
        items = to_list()
        return items if isinstance(items, list) else None
    return list(value) if isinstance(value, Sequence) else None


def checked_finite(number: float, where: str) -> float:
    """The number.

    Raises:
        InvalidArgument: JSON has no such number.
    """
    if isinstance(number, float) and not math.isfinite(number):
        raise InvalidArgument(where, f"{number} is not a finite number{missing_hint(number)}")
    if abs(number) > _LARGEST:
        raise InvalidArgument(where, "the number is too large to be sent")
    return number


def missing_hint(value: Any) -> str:
    """Say what to give instead of a value that is not there (yet), for the end of an error message.

    That is a coroutine, a Job or a Task instead of its result, or a missing value of numpy and pandas.
    """
    if hasattr(type(value), "__await__"):
        if isinstance(value, Plain):
            return " (give what it makes: the Result of `await job.run()` or of `await task.wait()`)"
        if hasattr(value, "cr_frame"):
            value.close()  # nobody can await it any more, and a warning about it would come late
        return " (`await` is missing before it)"

    return " (give None for a value that is missing)" if is_missing(value) else ""


def is_missing(value: Any) -> bool:
    """Whether it is a missing value of numpy or pandas, or not a number."""
    try:
        return bool(value != value)
    except (TypeError, ValueError, ArithmeticError):
        return type(value).__name__ == "NAType"
