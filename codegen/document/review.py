"""``openapi/unreviewed.json``: what upstream said where the overlay touches it, before it changed.

The file is there only while something is open. Each build repeats what it says and settles conflicts by it,
until the overlay is mended or ``python -m codegen reviewed`` says that it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codegen.document.overlay import Before
from codegen.document.repair import repair
from codegen.document.tree import Document, SpecError, canonical, read

__all__ = ["before", "content"]

ABOUT = "about"
_WORDS = (
    "What upstream's document said at places that overlay.yaml touches, before upstream changed them. "
    "Mend the overlay where it needs it, then run `python -m codegen reviewed`."
)


def before(path: Path, upstream: Document | None) -> Before:
    """What upstream said when the overlay was last reviewed.

    Args:
        path: of the file, which may be missing.
        upstream: the kept document where a newer one is built, as it was taken.

    Raises:
        SpecError: the file cannot be read.
    """
    facts = read(path).get("places", {}) if path.exists() else {}
    if not isinstance(facts, Mapping):
        raise SpecError(f"{path}: #/places: not an object; remove the file")
    return Before(_repaired(upstream), facts)


def _repaired(upstream: Document | None) -> Document | None:
    """The old document, None where it cannot be used: then there is nothing to compare with."""
    try:
        return None if upstream is None else repair(upstream)[0]
    except SpecError:
        return None


def content(changed: Mapping[str, Any]) -> bytes | None:
    """The file's content, None where there should be no file."""
    return canonical({ABOUT: _WORDS, "places": dict(changed)}).encode() if changed else None
