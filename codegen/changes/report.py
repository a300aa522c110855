"""The report on a comparison: as text, as a section of the CHANGELOG, as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from codegen.changes.compare import compare
from codegen.changes.features import broken_features, with_features
from codegen.changes.unexplained import unexplained
from codegen.changes.verdict import Section, Verdict, verdict
from codegen.document.tree import Document, SpecError
from codegen.interface.model import Interface, Method
from codegen.interface.prose import clean
from codegen.interface.remarks import remarks

__all__ = ["BUMP_RULE", "Compared", "Report", "report_of"]

BUMP_RULE = (
    "before 1.0.0 breaking raises minor, the rest patch; "
    "from 1.0.0 on breaking raises major, what is new minor, the rest patch"
)
_SECTIONS: tuple[Section, ...] = ("Removed", "Changed", "Deprecated", "Added")
_MARKS = {True: "!", False: " "}


@attrs.frozen
class Compared:
    """One side of a comparison: a prepared document and its interface."""

    document: Document
    interface: Interface


@attrs.frozen
class Report:
    """What changed for users of the SDK.

    Attributes:
        verdicts: all changes, by resource.
        words_differ: whether the interfaces differ at all, if only in descriptions.
        version: the version that has the old interface.
        notes: remarks for a maintainer.
        added: summaries of new resources and methods.
    """

    verdicts: Sequence[Verdict]
    words_differ: bool
    version: str
    notes: Sequence[str]
    added: dict[tuple[str, str], str]

    @property
    def breaking(self) -> int:
        """The number of changes that break users' code."""
        return sum(one.breaking for one in self.verdicts)

    @property
    def bump(self) -> str:
        """The part of the version that the changes raise: major, minor, patch or none."""
        if not self.verdicts:
            return "none"

        before_one = self.version.startswith("0.")
        if self.breaking:
            return "minor" if before_one else "major"
        new = any(one.section in ("Added", "Deprecated") for one in self.verdicts)
        return "minor" if new and not before_one else "patch"

    @property
    def next_version(self) -> str:
        """The version to release."""
        return bumped(self.version, self.bump)

    def text(self) -> str:
        """The report as text."""
        if not self.verdicts:
            words = " Descriptions did change." if self.words_differ else ""
            return "\n".join([f"Nothing changed for users of the SDK.{words}", *self._notes()])

        changes = _counted(len(self.verdicts), "change")
        lines = [
            f"{changes} for users of the SDK, {self.breaking} of them breaking (!).",
            f"{self.version} -> {self.next_version} ({BUMP_RULE}).",
        ]

        joined = _joined(self.verdicts)
        for resource in dict.fromkeys(one.change.resource for one in joined):
            lines += ["", resource]
            for one in joined:
                if one.change.resource == resource:
                    lines.append(f"  {_MARKS[one.breaking]} {one.text.replace('`', '')}{self._summary(one)}")

        return "\n".join([*lines, "", "For CHANGELOG.md:", "", self.changelog(), *self._notes()])

    def _summary(self, one: Verdict) -> str:
        """The summary of a new resource or method, "" for any other change."""
        found = self.added.get((one.change.resource, one.change.owner or one.change.name), "")
        return f": {found}" if found and one.change.action == "added" and not one.change.owner else ""

    def _notes(self) -> list[str]:
        return ["", "Notes:", *(f"  {note}" for note in self.notes)] if self.notes else []

    def changelog(self) -> str:
        """The report as a section of CHANGELOG.md."""
        lines = [f"## {self.next_version} (unreleased)"]

        for section in _SECTIONS:
            entries = [one for one in _joined(self.verdicts) if one.section == section]
            if entries:
                lines += ["", f"### {section}", ""]
            for one in sorted(entries, key=lambda one: not one.breaking):
                lines.append(f"- {'**Breaking:** ' if one.breaking else ''}{one.text}.")

        return "\n".join(lines)

    def json(self) -> str:
        """The report as JSON."""
        changes = [
            {
                "resource": one.change.resource,
                "owner": one.change.owner,
                "kind": one.change.kind,
                "name": one.change.name,
                "action": one.change.action,
                "fact": one.change.fact,
                "old": one.change.old,
                "new": one.change.new,
                "breaking": one.breaking,
                "section": one.section,
                "text": one.text,
            }
            for one in self.verdicts
        ]

        return json.dumps(
            {
                "version": self.version,
                "next_version": self.next_version,
                "bump": self.bump,
                "breaking": self.breaking,
                "words_differ": self.words_differ,
                "changes": changes,
                "notes": list(self.notes),
                "changelog": self.changelog() if changes else "",
            },
            indent=1,
        )


def report_of(old: Compared, new: Compared, version: str, notes: Iterable[str] = ()) -> Report:
    """Compare two interfaces, and the documents that they were made from.

    Args:
        old: before.
        new: after.
        version: the version that has the old interface.
        notes: remarks to include.
    """
    added: dict[tuple[str, str], str] = {}

    for module in new.interface.modules:
        names = [one.name for one in module.methods if not one.is_call]
        call = next((one for one in module.methods if one.is_call), None)
        parts = [_call(call)] if call else []
        added[module.resource, module.resource] = "; ".join([*parts, ", ".join(names)] if names else parts)
        for method in module.methods:
            added[module.resource, method.name] = _call(method)

    changes = compare(old.interface, new.interface)
    verdicts = [verdict(one) for one in changes]
    verdicts += unexplained(old.document, new.document, old.interface, new.interface, changes)
    verdicts = with_features(verdicts, (old.interface, new.interface))
    verdicts += broken_features(old.document, new.document)
    differ = old.interface != new.interface
    known = set(remarks(old.document, old.interface))
    news = [one for one in remarks(new.document, new.interface) if one not in known]
    return Report(sorted(verdicts, key=_resource_of), differ, version, [*notes, *news], added)


def _resource_of(one: Verdict) -> str:
    return one.change.resource


def _joined(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts, with equal ones about several names joined into one line."""
    groups: dict[Any, list[Verdict]] = {}

    for one in verdicts:
        beginning = one.text.rpartition("`")[0].rpartition("`")[0]
        alike = one.change.action in ("added", "removed") and one.text.endswith("`")
        key = (one.change.resource, one.breaking, beginning) if alike else one.text
        groups.setdefault(key, []).append(one)

    return [_one_line(group) for group in groups.values()]


def _one_line(group: Sequence[Verdict]) -> Verdict:
    if len(group) == 1:
        return group[0]
    beginning = group[0].text.rpartition("`")[0].rpartition("`")[0]
    if beginning.endswith((" keyword ", " attribute ")):
        beginning = f"{beginning.rstrip()}s "
    names = ", ".join(f"`{one.text.rpartition('`')[0].rpartition('`')[2]}`" for one in group)
    return attrs.evolve(group[0], text=beginning + names)


def _call(method: Method) -> str:
    """The keywords of a method: the required ones by name, the others by number."""
    required = [one.name for one in method.ordered if one.required]
    others = len(method.keywords) - len(required)
    more = [f"{_counted(others, 'optional keyword')}"] if others else []
    return clean(", ".join(required + more)) or "no keywords"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def bumped(version: str, part: str) -> str:
    """The next version.

    Args:
        version: the current one.
        part: the part to raise: major, minor, patch or none.

    Raises:
        SpecError: the version is not three numbers.
    """
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if not found:
        raise SpecError(f"the version {version!r} is not three numbers")

    major, minor, patch = map(int, found.groups())
    if part == "major":
        return f"{major + 1}.0.0"
    if part == "minor":
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + (part == 'patch')}"
