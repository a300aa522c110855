"""``build``: repairs and overlays upstream.json into a2e.json, and generates the package and its pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from codegen.document import overlay as overlays
from codegen.document import review
from codegen.document.complete import RECORD_BASE, add_common, complete
from codegen.document.overlay import Before, Overlaid, Unmatched
from codegen.document.repair import Repair, repair
from codegen.document.tree import Document, SpecError, canonical, read
from codegen.document.unused import drop_unused
from codegen.document.validation import check_kind, check_parts, validate
from codegen.files import Files, replace_together
from codegen.generate import generate
from codegen.interface.families import families
from codegen.interface.model import Interface
from codegen.pages.index import pages
from codegen.stub.stub import stub

__all__ = ["REPORT", "Layout", "Plan", "Prepared", "build", "plan", "prepare", "reviewed"]

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
    def unreviewed(self) -> Path:
        """What upstream has changed under the overlay's hands; missing while there is nothing."""
        return self.root / "openapi" / "unreviewed.json"

    @property
    def document(self) -> Path:
        """The prepared document, from which the package is generated."""
        return self.root / "openapi" / "a2e.json"

    @property
    def package(self) -> Path:
        """The generated code."""
        return self.root / "a2e_async" / "api"

    @property
    def stub(self) -> Path:
        """The types of the client without await."""
        return self.root / "a2e_async" / "sync.pyi"

    @property
    def pages(self) -> Path:
        """The documentation of the resources."""
        return self.root / "docs" / "resources"


@attrs.frozen
class Prepared:
    """The prepared document, and how it was made.

    Attributes:
        document: repaired, overlaid and completed.
        repairs: the changes that the repair rules made.
        completed: the replies that were typed by convention, one line each.
        notes: remarks on the overlay for a maintainer.
        changed: what upstream has changed where the overlay touches it; see `Overlaid`.
    """

    document: Document
    repairs: list[Repair]
    completed: list[str]
    notes: list[str]
    changed: dict[str, Any]


@attrs.frozen
class Plan:
    """Everything that a build writes, before it is written."""

    prepared: Prepared
    interface: Interface
    files: Files


def prepare(
    source: Document,
    overlay: Path,
    label: str,
    *,
    unmatched: Unmatched = "error",
    before: Before | None = None,
) -> Prepared:
    """Repair, overlay, complete and validate.

    Args:
        source: upstream's document.
        overlay: the overlay file.
        label: the document's name in error messages.
        unmatched: what to do with overlay actions that match nothing.
        before: what upstream said when the overlay was reviewed; without it, what it says now.

    Raises:
        SpecError: names the file and the place.
    """
    check_kind(source, label)
    repaired, repairs = repair(source)

    both = f"{label} with {overlay}"
    try:
        overlaid = overlays.apply(repaired, overlays.load(overlay), unmatched=unmatched, before=before)
        check_kind(overlaid.document, both)
        add_common(overlaid.document)
        check_parts(overlaid.document, both)
        made = _completed(overlaid, repaired, repairs)
        validate(made.document, both)
    except SpecError:
        validate(repaired, label)  # a problem of the document itself is reported first
        raise

    return made


def _completed(overlaid: Overlaid, repaired: Document, repairs: list[Repair]) -> Prepared:
    document = overlaid.document
    completed = complete(document)
    notes = [*overlaid.notes, *drop_unused(document, repaired, RECORD_BASE)]
    document[REPORT] = [str(one) for one in repairs]
    return Prepared(document, repairs, completed, notes, overlaid.changed)


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
    kept = _kept(layout) if source is not None else None
    prepared = prepare(
        read(layout.upstream) if source is None else source,
        layout.overlay,
        label or str(layout.upstream),
        unmatched=unmatched,
        before=review.before(layout.unreviewed, kept),
    )

    try:
        interface, modules = generate(prepared.document)
    except RecursionError:
        raise SpecError(f"{label or layout.upstream}: its schemas are too deep inside each other") from None

    files: dict[Path, bytes | None] = {}
    if source is not None:
        files[layout.upstream] = canonical(source).encode()
    files[layout.unreviewed] = review.content(prepared.changed)
    files[layout.document] = canonical(prepared.document).encode()
    files.update({layout.package / name: text.encode() for name, text in modules.items()})
    files.update({layout.stub.with_name(name): text.encode() for name, text in stub(modules).items()})
    texts = pages(prepared.document, families(prepared.document), interface)
    files.update({layout.pages / name: text.encode() for name, text in texts.items()})
    for old in (*layout.package.glob("*.py"), *layout.pages.glob("*.md")):
        files.setdefault(old, None)

    return Plan(prepared, interface, files)


def _kept(layout: Layout) -> Document | None:
    """The kept document, None where it cannot be read."""
    try:
        return read(layout.upstream)
    except SpecError:
        return None


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
        f"{layout.pages}: {len(made.interface.modules)} pages",
    ]


def reviewed(layout: Layout) -> list[str]:
    """Forget what upstream has changed where the overlay touches it, and build.

    Returns: a report, line by line.

    Raises:
        SpecError: names the place. Every file is as before.
    """
    if not layout.unreviewed.exists():
        return ["nothing is open"]

    old = layout.unreviewed.read_bytes()
    layout.unreviewed.unlink()
    try:
        return build(layout)
    except BaseException:
        layout.unreviewed.write_bytes(old)
        raise
