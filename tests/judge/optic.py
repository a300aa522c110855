"""The summary of `codegen diff` beside Optic's: each pair of the test documents, compared by both.

Optic reads the documents and knows nothing of the SDK. Whatever it finds must be in our summary, and what it
calls breaking we call breaking, except for the differences that are listed here with their reasons.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs

from codegen.changes.report import Compared, Report, report_of
from codegen.document.complete import complete
from codegen.generate import interface_of
from tests.codegen import diff_cases, summary_cases

__all__ = ["Opinion", "judge_summary"]

Document = dict[str, Any]

QUIET = {"DO_NOT_TRACK": "1", "OPTIC_TELEMETRY_LEVEL": "off"}
TIMEOUT = 120
_CHANGED = re.compile(r"^\s*(?:- |x )?.*: (?:added|removed|changed)$", re.MULTILINE)
_BREAKING = "This is a breaking change"

_REQUEST = "its rules know no removed members and no limits of requests"
_REPLY = "the class or the return type that users name is another one"
_DOCUMENT = "it does not compare this part of a document"
_SDK = "keywords are ours: a file where a text was, rules between keywords, the limits of a page"

OURS_IS_WIDER = {
    **dict.fromkeys(
        (
            "a keyword that went",
            "a keyword in another spelling",
            "a keyword replaced by an unlike one",
            "a narrower limit",
            "a new limit",
            "a new pattern",
            "fewer items",
            "a limit of a member",
            "a limit inside a member",
            "a body that is not declared any more",
            "no additional members",
            "another format",
        ),
        _REQUEST,
    ),
    **dict.fromkeys(
        (
            "a reply that is known now",
            "a reply of a new class",
            "an attribute that went",
            "an attribute with a class that went",
            "an attribute of another type",
            "a class in another spelling",
        ),
        _REPLY,
    ),
    **dict.fromkeys(
        (
            "another server",
            "another security scheme",
            "another scheme of one operation",
            "another style of a parameter",
        ),
        _DOCUMENT,
    ),
    **dict.fromkeys(
        (
            "any text where a file was",
            "a file where any text was",
            "a rule",
            "a need",
            "another page size",
        ),
        _SDK,
    ),
}
"""Pairs that break users of the SDK although Optic does not say so, with the reason."""

OURS_IS_NARROWER = {
    "new choices": "lists of values are open: another value is sent, with a warning",
    "a name that is required": "the SDK writes the name of a task",
    "a wider type": "what may be anything takes what it took before",
    "another path": "users call a method and never see its path",
    "an error that went": "errors are made of the status that comes, whether it is declared or not",
}
"""Pairs that Optic calls breaking although they break no user of the SDK, with the reason."""


@attrs.frozen
class Opinion:
    """What both say about one pair."""

    name: str
    changed: bool
    breaking: bool
    ours_changed: bool
    ours_breaking: bool

    @property
    def problem(self) -> str:
        """What is wrong with our summary, "" if nothing is."""
        if self.changed and not self.ours_changed:
            return "Optic found a change, the summary did not"
        if self.breaking and not self.ours_breaking and self.name not in OURS_IS_NARROWER:
            return "Optic calls it breaking, the summary does not"
        if self.ours_breaking and not self.breaking and self.name not in OURS_IS_WIDER:
            return "the summary calls it breaking, Optic does not"
        return ""


def judge_summary(optic: Path) -> list[Opinion]:
    """Compare every pair with both.

    Args:
        optic: the executable.
    """
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda pair: _opinion(optic, *pair), _pairs()))


def _pairs() -> Iterator[tuple[str, Document, Document]]:
    groups: tuple[tuple[Callable[[], Document], Any], ...] = (
        (diff_cases.base, diff_cases.CASES),
        (summary_cases.rich, summary_cases.CASES),
    )
    for base, cases in groups:
        for name, (mutate, *_) in cases.items():
            new = base()
            mutate(new)
            yield name, base(), new


def _opinion(optic: Path, name: str, old: Document, new: Document) -> Opinion:
    said = _said(optic, old, new)
    ours = _report(old, new)
    changed = ours.words_differ or bool(ours.verdicts)
    return Opinion(name, bool(_CHANGED.search(said)), _BREAKING in said, changed, bool(ours.breaking))


def _said(optic: Path, old: Document, new: Document) -> str:
    """What Optic prints.

    Raises:
        RuntimeError: it compared nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("old.json", "new.json")]
        for path, document in zip(paths, (old, new), strict=True):
            path.write_text(json.dumps(document))
        done = subprocess.run(
            [optic, "diff", *paths, "--check", "--validation", "loose"],
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, **QUIET},
            timeout=TIMEOUT,
            check=False,
        )

    if "Operations: " not in done.stdout:
        raise RuntimeError(f"Optic: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def _report(old: Document, new: Document) -> Report:
    for document in (old, new):
        complete(document)
    before, after = (Compared(one, interface_of(one)) for one in (old, new))
    return report_of(before, after, "1.2.3")
