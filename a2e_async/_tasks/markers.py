"""The marker in a task's name, by which the task of an unanswered start is recognised. No I/O."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from typing import Any

__all__ = ["new_marker", "with_marker"]


def new_marker() -> str:
    """Make a text that no other task has in its name."""
    return f"a2e-{base64.b32encode(secrets.token_bytes(8)).decode().rstrip('=').lower()}"


def with_marker(body: Mapping[str, Any], marker: str, default_name: str) -> dict[str, Any]:
    """Return the body with the marker appended to its name, or to the default name without one."""
    name = body.get("name") or default_name
    return {**body, "name": f"{name} {marker}"}
