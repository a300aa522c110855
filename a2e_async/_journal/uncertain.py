"""Starts of a bulk run whose outcome is not known, and what a person decides about them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from shlex import quote
from typing import Any, Self

import attrs

from a2e_async._journal.entries import Entry
from a2e_async.plain import Plain

__all__ = ["UncertainStart", "advice"]


@attrs.frozen
class UncertainStart(Plain):
    """A start of which it is not known whether it made a task.

    Attributes:
        number: the number of its entry in the journal.
        key: the key of its job.
        workflow: the name of the workflow.
        marker: the text in the task's ``name`` to search for; None if the workflow's tasks have no name.
        sent: when it was sent, in seconds since the epoch.
        coins: what it may have cost, as far as that was known.
        asked: what the job asks for, without contents of files and without secrets. Empty if an older
            version wrote the journal.
    """

    number: int
    key: str
    workflow: str
    marker: str | None = None
    sent: float = 0.0
    coins: float = 0.0
    asked: Mapping[str, Any] = attrs.field(factory=dict[str, Any])

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Make it of the journal's entry."""
        asked = json.loads(entry.asked) if entry.asked else {}
        return cls(entry.number, entry.key, entry.workflow, entry.marker, entry.sent, entry.reserved, asked)


def advice(path: Any, key: str) -> str:
    """What to do about an uncertain start, for the end of an error message. Its commands can be pasted."""
    place, named = quote(str(path)), quote(key)
    release = f"`a2e journal {place} --release {named}` lets the next run start it again"
    return (
        f"then {release}, and `--bind {named} ID` takes up the task that was found "
        "(in Python: run.release, run.bind)"
    )
