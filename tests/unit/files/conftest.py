"""Fixtures for the tests of files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from a2e_async._files import content
from a2e_async._files.hashing import hash_some


@pytest.fixture
def spools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which temporary copies would be left behind."""
    folder = tmp_path / "spools"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def hashed_apart(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each visit in which a content is hashed without being sent."""
    visits: list[int] = []

    def noted(read: Callable[[int], bytes], update: Callable[[bytes], object], visit_bytes: int) -> bool:
        visits.append(visit_bytes)
        return hash_some(read, update, visit_bytes)

    monkeypatch.setattr(content, "hash_some", noted)
    return visits


Parts = Callable[[], list[str]]
"""The names of what lies in the folder of parts for stores."""


@pytest.fixture
def parts(spools: Path) -> Parts:
    return lambda: sorted(path.name for folder in spools.glob("a2e-async*") for path in folder.iterdir())
