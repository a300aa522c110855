"""``build``: repairs and overlays upstream.json into a2e.json, and generates ``a2e_async/api`` from it."""

from __future__ import annotations

from pathlib import Path

import attrs

from codegen.document import overlay as overlays
from codegen.document.complete import add_common, complete
from codegen.document.overlay import Unmatched
from codegen.document.repair import Repair, repair
from codegen.document.tree import Document, SpecError, canonical, read
from codegen.document.validation import check_kind, validate
from codegen.files import Files, replace_together
from codegen.generate import generate
from codegen.interface.model import Interface

__all__ = ["REPORT", "Layout", "Plan", "Prepared", "build", "plan", "prepare"]

REPORT = "x-a2e-repairs"
"""The member of a2e.json that lists the repairs."""


@attrs.frozen
class Layout:
    """The places of all files."""

    root: Path

    @property
    def upstream(self) -> Path:
        """The document as last pulled."""
        return self.root / "openapi" / "upstream.json"

    @property
    def overlay(self) -> Path:
        """Facts that upstream leaves out."""
        return self.root / "openapi" / "overlay.yaml"

    @property
    def document(self) -> Path:
        """The prepared document, from which the package is generated."""
        return self.root / "openapi" / "a2e.json"

    @property
    def package(self) -> Path:
        """The generated code."""
        return self.root / "a2e_async" / "api"


@attrs.frozen
class Prepared:
    """The prepared document, and how it was made.

    Attributes:
        document: repaired, overlaid and completed.
        repairs: the changes that the repair rules made.
        completed: the replies that were typed by convention, one line each.
        notes: remarks on the overlay for a maintainer.
    """

    document: Document
    repairs: list[Repair]
    completed: list[str]
    notes: list[str]


@attrs.frozen
class Plan:
    """Everything that a build writes, before it is written."""

    prepared: Prepared
    interface: Interface
    files: Files


def prepare(source: Document, overlay: Path, label: str, *, unmatched: Unmatched = "error") -> Prepared:
    """Repair, overlay, complete and validate.

    Args:
        source: upstream's document.
        overlay: the overlay file.
        label: the document's name in error messages.
        unmatched: what to do with overlay actions that match nothing.

    Raises:
        SpecError: names the file and the place.
    """
    check_kind(source, label)
    repaired, repairs = repair(source)

    both = f"{label} with {overlay}"
    try:
        overlaid = overlays.apply(repaired, overlays.load(overlay), unmatched=unmatched)
        check_kind(overlaid.document, both)
        add_common(overlaid.document)
        validate(overlaid.document, both)
    except SpecError:
        validate(repaired, label)  # a problem of the document itself is reported first
        raise

    document = overlaid.document
    completed = complete(document)
    document[REPORT] = [str(one) for one in repairs]
    validate(document, both)
    return Prepared(document, repairs, completed, overlaid.notes)


def plan(
    layout: Layout, source: Document | None = None, *, label: str = "", unmatched: Unmatched = "error"
) -> Plan:
    """Generate everything in memory.

    Args:
        layout: the places of the files.
        source: upstream's document; without it, the kept one.
        label: its name in error messages.
        unmatched: what to do with overlay actions that match nothing.

    Raises:
        SpecError: names the place.
    """
    given = read(layout.upstream) if source is None else source
    prepared = prepare(given, layout.overlay, label or str(layout.upstream), unmatched=unmatched)

    try:
        interface, modules = generate(prepared.document)
    except RecursionError:
        raise SpecError(f"{label or layout.upstream}: its schemas are too deep inside each other") from None

    files: dict[Path, bytes | None] = {}
    if source is not None:
        files[layout.upstream] = canonical(source).encode()
    files[layout.document] = canonical(prepared.document).encode()
    files.update({layout.package / name: text.encode() for name, text in modules.items()})
    for old in layout.package.glob("*.py"):
        files.setdefault(old, None)

    return Plan(prepared, interface, files)


def build(layout: Layout, *, unmatched: Unmatched = "error") -> list[str]:
    """Write a2e.json and the package.

    Returns: a report, line by line.

    Raises:
        SpecError: names the place. Nothing was written.
    """
    made = plan(layout, unmatched=unmatched)
    replace_together(made.files)

    return [
        *(str(one) for one in made.prepared.repairs),
        *made.prepared.notes,
        f"{len(made.prepared.repairs)} repairs, {len(made.prepared.completed)} replies typed by convention",
        f"{layout.document}: {made.interface.operations} operations",
        f"{layout.package}: {len(made.interface.modules) + 1} modules",
    ]
