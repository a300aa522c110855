"""What a single value of an argument or a setting must be, whichever library it comes from. No I/O."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import Enum
from operator import index
from typing import Any, NoReturn, TypeGuard

from a2e_async.errors import A2EError, ConfigurationError, InvalidArgument

__all__ = [
    "address_in",
    "check_number",
    "check_positive",
    "check_whole",
    "coins_in",
    "is_number",
    "number_from",
    "price_in",
    "shown",
    "text_from",
    "unwrapped",
    "whole_from",
]

_MOST_COINS = 1e12  # a larger price is taken for a mistake


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether the value is a number; a bool is not one."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def price_in(value: Any) -> float | None:
    """A price in coins that the service reports; None, for unknown, unless it is a number that one can be."""
    if not is_number(value) or not 0 <= value <= _MOST_COINS:
        return None
    return value


def coins_in(records: Sequence[Mapping[str, Any]]) -> float | None:
    """The coins charged for the tasks of a start; None if no record reports a possible price."""
    charges = [coins for record in records if (coins := price_in(record.get("coins"))) is not None]
    return sum(charges) if charges else None


def unwrapped(value: Any) -> Any:
    """The value of an enum's member, and the Python value of a scalar of numpy or another array library."""
    if type(value) in (str, int, float, bool):
        return value

    while isinstance(value, Enum):
        value = value.value
    if callable(getattr(value, "item", None)) and getattr(value, "ndim", None) == 0:
        scalar = value.item()
        return value if scalar is None else scalar  # None: the NaT of numpy
    return value


def number_from(value: Any) -> int | float | None:
    """The value as an int or a float, if it is a number of any library. A bool and an array are none."""
    value = unwrapped(value)
    if type(value) is int or type(value) is float:
        return value
    if isinstance(value, bool | str | bytes | bytearray | type) or getattr(value, "ndim", None):
        return None

    try:
        if isinstance(value, float):
            return float(value)
        if hasattr(value, "__index__"):
            return index(value)
        if not hasattr(value, "__float__"):
            return None
        number = float(value)  # of a Decimal or a Fraction
    except (TypeError, ValueError, ArithmeticError):
        return None
    return int(value) if number.is_integer() and value == int(value) else number


def whole_from(value: Any) -> int | None:
    """The value as an int, if it is a whole number of any library: 5, 5.0 or ``Decimal(5)``."""
    number = number_from(value)
    if isinstance(number, float):
        return int(number) if number.is_integer() else None
    return number


def text_from(value: Any) -> str | None:
    """The value as a str, if it is a text, a URL object or a hidden text; None if it is none of them."""
    value = unwrapped(value)
    if not isinstance(value, str):
        reveal = getattr(value, "get_secret_value", None)  # of pydantic's SecretStr
        value = reveal() if callable(reveal) and not isinstance(value, type) else address_in(value)
    return str.__str__(value) if isinstance(value, str) else None  # without what a subclass makes of it


def address_in(value: Any) -> str | None:
    """The text of a URL object, as those of pydantic, yarl, httpx and urllib; None if it is not one."""
    if not isinstance(getattr(value, "scheme", None), str) or isinstance(value, type):
        return None
    if callable(whole := getattr(value, "geturl", None)):
        text = whole()
    elif hasattr(value, "host") or hasattr(value, "hostname"):
        text = str(value)
    else:
        return None
    return text if isinstance(text, str) else None


def check_whole(name: str, value: Any, *, least: int = 1, error: type[A2EError] = InvalidArgument) -> int:
    """Return the value as an int. Raise `error` unless it is a whole number of at least `least`."""
    number = whole_from(value)
    if number is None or number < least:
        _refuse(error, name, value, f"a whole number {'above 0' if least == 1 else f'from {least} up'}")
    return number


def check_positive(
    name: str, value: Any, *, unit: str = "", finite: bool = True, error: type[A2EError] = InvalidArgument
) -> float:
    """Return the value as a number. Raise `error` unless it is one above 0.

    Args:
        name: the argument or setting, for the message.
        value: the value.
        unit: what it counts, for the message.
        finite: whether infinity is refused too.
        error: `InvalidArgument` or `ConfigurationError`.
    """
    number = number_from(value)
    if number is None or not number > 0 or (finite and number == math.inf):
        _refuse(error, name, value, f"a number{_of(unit)} above 0")
    return number


def check_number(
    name: str, value: Any, *, least: float = 0, unit: str = "", error: type[A2EError] = InvalidArgument
) -> float:
    """Return the value as a number. Raise `error` unless it is finite and at least `least`."""
    number = number_from(value)
    if number is None or not least <= number < math.inf:
        _refuse(error, name, value, f"a number{_of(unit)} from {least:g} up")
    return number


def shown(value: Any) -> str:
    """The value's repr for an error message, cut to a readable length."""
    try:
        text = repr(value[:80] if isinstance(value, str | bytes | bytearray | list | tuple) else value)
    except Exception:  # a broken __repr__ must not replace the error that is being reported
        text = f"<{type(value).__name__}>"
    if "\n" in text:  # a table or an array
        text = " ".join(text.split())
    return text if len(text) <= 80 else text[:77] + "..."


def _of(unit: str) -> str:
    return f" of {unit}" if unit else ""


def _refuse(error: type[A2EError], name: str, value: Any, wanted: str) -> NoReturn:
    problem = f"{shown(value)} is not {wanted}"
    if error is ConfigurationError:
        raise ConfigurationError(f"{name}: {problem}")
    raise InvalidArgument(name, problem)
