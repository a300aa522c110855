"""What a test names, and the document has no more, is found in words; nothing else is."""

from __future__ import annotations

import copy
import json

import pytest

from tests import document_names
from tests.document_names import DOCUMENT, NAMES, named_of, names_of

GONE = {"headSwap": frozenset({"*"}), "head_swap": frozenset({"*"}), "veoVideo": frozenset({"aspectRatio"})}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("AttributeError: 'A2E' object has no attribute 'head_swap'", "headSwap"),
        ("Cannot POST /api/v1/headSwap/start", "headSwap"),
        ("class HeadSwap", "headSwap"),
        ("veoVideo/start: unknown member aspectRatio", "veoVideo.aspectRatio"),
        ("a2e.veo_video(aspect_ratio=...)", "veoVideo.aspectRatio"),
        ("a2e run veo_video --aspect-ratio 16:9", "veoVideo.aspectRatio"),
        ("a2e.veo_video(prompt=...)", ""),
        ("a2e.kling_video(aspect_ratio=...)", ""),
        ("assert 1 == 2", ""),
    ],
)
def test_a_text_names_what_has_gone(text: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_names, "gone", lambda: GONE)
    assert named_of(text) == name


def test_families_and_members_that_disappear_are_noticed() -> None:
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    less = copy.deepcopy(document)
    path = next(iter(less["paths"]))
    segment = path.removeprefix("/api/v1/").partition("/")[0]
    less["paths"] = {one: item for one, item in less["paths"].items() if f"/{segment}/" not in f"{one}/"}
    assert segment in names_of(document)
    assert segment not in names_of(less)
    assert set(json.loads(NAMES.read_text(encoding="utf-8"))) & set(names_of(document))
