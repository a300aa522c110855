"""What a check found."""

from __future__ import annotations

from typing import Literal

import attrs

__all__ = ["Finding", "Status", "fail", "ok", "warn"]

Status = Literal["ok", "warn", "fail"]


@attrs.frozen
class Finding:
    """What a check found.

    Attributes:
        check: the name of the check.
        status: "ok", "warn" (it works, or could not be looked at) or "fail".
        text: what was found.
        advice: what to do about it; None if nothing needs to be done.
    """

    check: str
    status: Status
    text: str
    advice: str | None = None


def ok(check: str, text: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", text)


def warn(check: str, text: str, advice: str | None = None) -> Finding:
    """It works, or could not be looked at."""
    return Finding(check, "warn", text, advice)


def fail(check: str, text: str, advice: str | None) -> Finding:
    """It does not work."""
    return Finding(check, "fail", text, advice)
