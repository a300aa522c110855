"""JSON from the command line, read as that of rows is."""

from __future__ import annotations

from a2e_async._rows.json_text import read_json

__all__ = ["read_json"]
