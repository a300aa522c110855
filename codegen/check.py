"""``check``: proves that a2e.json and ``a2e_async/api`` are what ``build`` would make."""

from __future__ import annotations

import difflib
import tempfile
from pathlib import Path

from codegen.build import Layout, prepare
from codegen.document import canonical
from codegen.generate import generate

__all__ = ["check"]


def check(layout: Layout) -> list[str]:
    """Generate elsewhere and compare bytes.

    Returns: the differences, one line each; empty when there are none.

    Raises:
        SpecError: it cannot be generated.
    """
    prepared = prepare(layout.upstream, layout.overlay)
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        generate(prepared.document, fresh)
        differences = _compare(layout.document, canonical(prepared.document).encode())
        names = {path.name for folder in (fresh, layout.package) for path in folder.glob("*.py")}
        for name in sorted(names):
            made = fresh / name
            differences += _compare(layout.package / name, made.read_bytes() if made.exists() else None)
    return differences


def _compare(path: Path, wanted: bytes | None) -> list[str]:
    kept = path.read_bytes() if path.exists() else None
    if kept == wanted:
        return []
    if kept is None:
        return [f"{path}: is missing"]
    if wanted is None:
        return [f"{path}: is no longer generated"]
    old, new = kept.decode("utf-8", "replace").splitlines(), wanted.decode().splitlines()
    lines = list(difflib.unified_diff(old, new, lineterm="", n=0))[2:]
    changed = sum(1 for line in lines if line[:1] in "+-")
    shown = [f"    {line[:160]}" for line in lines if line[:1] in "+-"][:6]
    return [f"{path}: {changed} lines differ", *shown]
