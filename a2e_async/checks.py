"""What a number in an argument or a setting must be. No I/O."""

from __future__ import annotations

import math
from typing import Any, NoReturn, TypeGuard

from a2e_async.errors import A2EError, ConfigurationError, InvalidArgument

__all__ = ["check_number", "check_positive", "check_whole", "is_number", "price_in"]

_MOST_COINS = 1e12  # a larger price is taken for a mistake


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether the value is a number; a bool is not one."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def price_in(value: Any) -> float | None:
    """A price in coins that the service reports; None, for unknown, unless it is a number that one can be."""
    if not is_number(value) or not 0 <= value <= _MOST_COINS:
        return None
    return value


def check_whole(name: str, value: Any, *, least: int = 1, error: type[A2EError] = InvalidArgument) -> None:
    """Raise `error` unless the value is a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        _refuse(error, name, value, f"a whole number {'above 0' if least == 1 else f'from {least} up'}")


def check_positive(
    name: str, value: Any, *, unit: str = "", finite: bool = True, error: type[A2EError] = InvalidArgument
) -> None:
    """Raise `error` unless the value is a number above 0.

    Args:
        name: the argument or setting, for the message.
        value: the value.
        unit: what it counts, for the message.
        finite: whether infinity is refused too.
        error: `InvalidArgument` or `ConfigurationError`.
    """
    if not is_number(value) or not value > 0 or (finite and value == math.inf):
        _refuse(error, name, value, f"a number{_of(unit)} above 0")


def check_number(
    name: str, value: Any, *, least: float = 0, unit: str = "", error: type[A2EError] = InvalidArgument
) -> None:
    """Raise `error` unless the value is a finite number of at least `least`; see `check_positive`."""
    if not is_number(value) or not least <= value < math.inf:
        _refuse(error, name, value, f"a number{_of(unit)} from {least:g} up")


def _of(unit: str) -> str:
    return f" of {unit}" if unit else ""


def _refuse(error: type[A2EError], name: str, value: Any, wanted: str) -> NoReturn:
    problem = f"{value!r} is not {wanted}"
    if error is ConfigurationError:
        raise ConfigurationError(f"{name}: {problem}")
    raise InvalidArgument(name, problem)
