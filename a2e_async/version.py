"""The version of this package, where reading its metadata would take too long."""

from __future__ import annotations

__all__ = ["VERSION"]

VERSION = "0.1.0"
