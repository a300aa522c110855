"""``check``: compares a2e.json and ``a2e_async/api`` with what ``build`` would write."""

from __future__ import annotations

import difflib
from pathlib import Path

from codegen.build import Layout, plan
from codegen.document.overlay import Unmatched
from codegen.files import changed

__all__ = ["check"]


def check(layout: Layout, *, unmatched: Unmatched = "error") -> list[str]:
    """Generate in memory and compare bytes.

    Returns: the differences, line by line; empty if there are none.

    Raises:
        SpecError: the document cannot be used.
    """
    made = plan(layout, unmatched=unmatched)
    return [line for path, wanted in sorted(changed(made.files).items()) for line in _compare(path, wanted)]


def _compare(path: Path, wanted: bytes | None) -> list[str]:
    if not path.exists():
        return [f"{path}: is missing"]
    if wanted is None:
        return [f"{path}: is no longer generated"]

    old, new = path.read_bytes().decode("utf-8", "replace").splitlines(), wanted.decode().splitlines()
    lines = [line for line in list(difflib.unified_diff(old, new, lineterm="", n=0))[2:] if line[:1] in "+-"]
    return [f"{path}: {len(lines)} lines differ", *(f"    {line[:160]}" for line in lines[:6])]
