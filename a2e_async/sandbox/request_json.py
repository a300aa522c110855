"""The JSON bodies of requests: what the sandbox reads, and what it refuses as broken."""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["read_json"]

DEEPEST = 64  # lists and objects inside each other


def read_json(body: bytes) -> Any:
    """Read a JSON body.

    Raises:
        ValueError: it is broken, nested too deeply, or holds what no JSON in UTF-8 can give back: NaN,
            numbers beyond all limits and halves of surrogate pairs.
    """
    try:
        value = json.loads(body, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None

    if body.count(b"[") + body.count(b"{") > DEEPEST:
        _check_depth(value, DEEPEST)
    if b"\\u" in body:
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large")
    return value


def _check_depth(value: Any, left: int) -> None:
    if not left:
        raise ValueError("nested too deeply")
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_depth(part, left - 1)
