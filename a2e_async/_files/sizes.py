"""Sizes of files in words."""

from __future__ import annotations

__all__ = ["size_text"]


def size_text(size: int) -> str:
    """A number of bytes for people.

    Example:
        >>> size_text(1536)
        '1.5 KiB'
    """
    amount = float(size)
    for unit in ("bytes", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.4g} {unit}"
        amount /= 1024
    return f"{amount:.4g} GiB"
