"""``regenerate``: pulls upstream's document, builds from it, reports changes and replaces all files."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx

from codegen.build import Layout, Plan, plan
from codegen.changes.report import Compared, Report, report_of
from codegen.diff import version_of
from codegen.document.overlay import Unmatched
from codegen.document.pull import is_known, take
from codegen.document.tree import Document, SpecError, operations, read
from codegen.document.validation import check_kind, check_parts
from codegen.files import changed, replace_together
from codegen.generate import interface_of
from codegen.interface.model import Interface, Method, Module

__all__ = ["regenerate"]


def regenerate(
    layout: Layout,
    source: str,
    *,
    unmatched: Unmatched = "error",
    transport: httpx.BaseTransport | None = None,
) -> list[str]:
    """Pull a document, build from it, report what changed, and replace all files together.

    Args:
        layout: the places of the files.
        source: a URL or a file.
        unmatched: what to do with overlay actions that match nothing.
        transport: replaces the network in tests.

    Returns: what was done and what changed, line by line.

    Raises:
        SpecError: the document cannot be fetched or used. All files are as before.
        OSError: a file cannot be replaced. All files are as before.
    """
    document = take(source, transport=transport)
    fresh = None if is_known(document, layout.upstream) else document
    made = plan(layout, fresh, label=source, unmatched=unmatched)
    if not changed(made.files):
        return [f"{source}: nothing changed; nothing was touched", *made.prepared.notes]

    before = _before(layout)
    old = before.interface if isinstance(before, Compared) else before
    lines = [*_gone(layout, document, made, old), *made.prepared.notes]
    known = _old_repairs(layout)
    lines += [f"new repair: {one}" for one in made.prepared.repairs if str(one) not in known]

    if isinstance(before, Compared):
        after = Compared(made.prepared.document, made.interface)
        report = report_of(before, after, version_of(layout))
        lines += [*_renamed(report), "", *report.text().splitlines()]
    else:
        lines.append(f"no comparison: {before}")

    replaced = replace_together(made.files)
    return [f"{source}: {made.interface.operations} operations; {len(replaced)} files replaced", *lines]


def _old_document(layout: Layout) -> Document:
    document = read(layout.document)
    check_kind(document, str(layout.document))
    check_parts(document, str(layout.document))
    return document


def _before(layout: Layout) -> Compared | str:
    """The current document and its interface, or the reason why they cannot be read."""
    try:
        document = _old_document(layout)
        return Compared(document, interface_of(document))
    except SpecError as error:
        return str(error)


def _old_repairs(layout: Layout) -> list[str]:
    try:
        return list(map(str, read(layout.document).get("x-a2e-repairs", ())))
    except SpecError:
        return []


def _gone(layout: Layout, document: Document, made: Plan, before: Interface | str) -> Iterator[str]:
    """Lines on the operations that upstream no longer has, and on their methods."""
    if not isinstance(before, Interface):
        return

    try:
        listed = {str(ref) for ref in operations(read(layout.upstream))}
    except SpecError:
        return
    still = {_bare(str(ref)) for ref in operations(document)}
    gone = {one for one in listed if _bare(one) not in still}
    kept = {str(ref) for ref in operations(made.prepared.document)}

    for module in before.modules:
        names = {f"{one.http} {one.path}": _call(module, one) for one in module.methods}
        lost = [name for name in names if name in gone and name not in kept]
        if len(lost) == len(names) > 1:
            yield f"gone upstream: every operation of a2e.{module.resource}, which goes with them"
            lost = []

        for name, method in names.items():
            if name in lost:
                yield f"gone upstream: {name}; {method} goes with it"
            elif name in gone and name in kept:
                yield f"gone upstream: {name}; overlay.yaml keeps it, so {method} stays"


def _bare(operation: str) -> str:
    """An operation without the names in braces, which may change."""
    return re.sub(r"\{[^{}]*\}", "{}", operation)


def _renamed(report: Report) -> Iterator[str]:
    """Lines on families that have another name now, whose overlay actions need it too."""
    for one in report.verdicts:
        change = one.change
        if change.kind == "resource" and change.action == "renamed":
            now = f"a2e.{change.old} is a2e.{change.new} now"
            yield f"{now}: give its overlay actions, which are left out, the new path"


def _call(module: Module, method: Method) -> str:
    """The method as users call it."""
    return f"a2e.{module.resource}()" if method.is_call else f"a2e.{module.resource}.{method.name}()"
