"""Journals that do not wait for the disk: no test cuts the power, and each commit would wait for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from a2e_async._journal.sqlite import file


@pytest.fixture(scope="package", autouse=True)
def no_waiting_for_the_disk() -> Iterator[pytest.MonkeyPatch]:
    """Leave it to the system when it writes to the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file, "_SYNCHRONOUS", "OFF")
        yield patch


@pytest.fixture
def written_through(no_waiting_for_the_disk: pytest.MonkeyPatch) -> Iterator[None]:
    """Wait for the disk, as users do."""
    no_waiting_for_the_disk.undo()
    yield
    no_waiting_for_the_disk.setattr(file, "_SYNCHRONOUS", "OFF")
