"""JSON as people write it: read strictly, because what is silently dropped may be paid for."""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["read_json"]


def read_json(text: str) -> Any:
    """Read JSON.

    Raises:
        ValueError: the text is not JSON, holds a key twice, a number that is not finite, or nests too deeply.
    """
    try:
        return json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_without_doubles
        )
    except RecursionError:
        raise ValueError("lists and objects are nested too deeply") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large a number")
    return value


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in found if names.count(name) > 1)
        raise ValueError(f"the key {double!r} is given twice")
    return found
