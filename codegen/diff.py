"""``diff``: reports what changed between two documents for users of the SDK."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import attrs

from codegen.build import REPORT, Layout, prepare
from codegen.changes.report import Compared, Report, report_of
from codegen.document.overlay import Before, apply, load
from codegen.document.repair import repair
from codegen.document.tree import Document, SpecError, parse, read
from codegen.document.validation import check_kind, validate
from codegen.generate import interface_of

__all__ = ["diff", "version_of"]

_REVISION = re.compile(r"(?!-)[\w./~^@{}-]+(?::[^:]+)?")


@attrs.frozen
class _Side:
    compared: Compared
    upstream: Document | None
    notes: list[str]


def diff(layout: Layout, old: str = "HEAD", new: str = "") -> Report:
    """Compare two documents.

    Args:
        layout: the places of the overlay and the current documents.
        old: an upstream document or an a2e.json: a file, or ``REVISION`` or ``REVISION:path`` of git.
        new: the same; without it, the current a2e.json.

    Raises:
        SpecError: one of them cannot be read or used.
    """
    before, after = _side(layout, old), _side(layout, new or str(layout.document))
    notes = [*before.notes, *after.notes, *_touched(layout, before.upstream, after.upstream)]
    return report_of(before.compared, after.compared, version_of(layout), notes)


def version_of(layout: Layout) -> str:
    """The package's version from pyproject.toml.

    Raises:
        SpecError: there is none.
    """
    try:
        text = (layout.root / "pyproject.toml").read_text(encoding="utf-8")
        return str(tomllib.loads(text)["project"]["version"])
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise SpecError(f"{layout.root / 'pyproject.toml'}: no version: {error}") from error


def _side(layout: Layout, given: str) -> _Side:
    document = _document(layout, given)
    notes: list[str] = []
    check_kind(document, given)

    if REPORT in document:
        validate(document, given)
        upstream = _upstream(layout, given)
    else:
        # The overlay is written for the newest document; an older one may lack what it names.
        prepared = prepare(document, layout.overlay, given, unmatched="drop")
        document, upstream = prepared.document, document
        left_out = sum("left out" in note for note in prepared.notes)
        if left_out:
            notes = [f"{given}: {left_out} overlay actions and rules match nothing in it and were left out"]

    return _Side(Compared(document, interface_of(document)), upstream, notes)


def _upstream(layout: Layout, given: str) -> Document | None:
    """Upstream's document that an a2e.json was made from, None where it cannot be found."""
    try:
        if Path(given).is_file():
            same = Path(given).resolve() == layout.document.resolve()
            return read(layout.upstream) if same else None
        revision, _, path = given.partition(":")
        wanted = f"openapi/{layout.document.name}"
        return (
            _document(layout, f"{revision}:openapi/{layout.upstream.name}") if path in ("", wanted) else None
        )
    except SpecError:
        return None


def _touched(layout: Layout, old: Document | None, new: Document | None) -> list[str]:
    """Lines on what upstream changed at places that the overlay touches."""
    if old is None or new is None:
        return []

    before = Before(repair(old)[0])
    applied = apply(repair(new)[0], load(layout.overlay), unmatched="drop", before=before)
    return applied.news


def _document(layout: Layout, given: str) -> Document:
    if Path(given).is_file():
        return read(Path(given))
    if not _REVISION.fullmatch(given):
        raise SpecError(f"{given}: no such file")

    place = given if ":" in given else f"{given}:openapi/{layout.document.name}"
    command = ["git", "-C", str(layout.root), "show", place]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise SpecError(f"{given}: neither a file nor a revision of git: {reason}")

    return parse(done.stdout, place)
