"""``build``: upstream.json, repaired and overlaid, becomes a2e.json; that becomes ``a2e_async/api``."""

from __future__ import annotations

from pathlib import Path

import attrs

from codegen import overlay as overlays
from codegen.complete import complete
from codegen.document import (
    Document,
    canonical,
    check_kind,
    read,
    validate,
    write_if_changed,
)
from codegen.generate import generate
from codegen.repair import Repair, repair

__all__ = ["Layout", "Prepared", "build", "prepare"]

REPORT = "x-a2e-repairs"


@attrs.frozen
class Layout:
    """Where the files of the generation stand."""

    root: Path

    @property
    def upstream(self) -> Path:
        """The document as last pulled."""
        return self.root / "openapi" / "upstream.json"

    @property
    def overlay(self) -> Path:
        """What upstream leaves out."""
        return self.root / "openapi" / "overlay.yaml"

    @property
    def document(self) -> Path:
        """What is generated from."""
        return self.root / "openapi" / "a2e.json"

    @property
    def package(self) -> Path:
        """The generated code."""
        return self.root / "a2e_async" / "api"


@attrs.frozen
class Prepared:
    """The document that is generated from, and what was done to get there."""

    document: Document
    repairs: list[Repair]
    completed: list[str]


def prepare(upstream: Path, overlay: Path) -> Prepared:
    """Repair, overlay, complete and validate.

    Raises:
        SpecError: names the file and the place.
    """
    source = read(upstream)
    check_kind(source, str(upstream))
    repaired, repairs = repair(source)
    validate(repaired, str(upstream))
    document = overlays.apply(repaired, overlays.load(overlay))
    check_kind(document, str(overlay))
    completed = complete(document)
    document[REPORT] = [str(one) for one in repairs]
    validate(document, f"{upstream} with {overlay}")
    return Prepared(document, repairs, completed)


def build(layout: Layout) -> list[str]:
    """Write a2e.json and the package.

    Returns: what was done, one line each.

    Raises:
        SpecError: names the place; nothing was written.
    """
    prepared = prepare(layout.upstream, layout.overlay)
    count = generate(prepared.document, layout.package)
    write_if_changed(layout.document, canonical(prepared.document))
    return [
        *(str(one) for one in prepared.repairs),
        f"{len(prepared.repairs)} repairs, {len(prepared.completed)} replies typed by convention",
        f"{layout.document}: {count} operations",
        f"{layout.package}: {len(list(layout.package.glob('*.py')))} modules",
    ]
