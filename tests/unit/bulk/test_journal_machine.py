"""Whatever workers, machines and networks do: no journal lets a job be started by two."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.postgres import Database
from tests.unit.bulk.journal_homes import DatabaseHome, FileHome
from tests.unit.bulk.journal_machine import JournalMachine


def run(machine: type[JournalMachine], share: float, steps: int = 20) -> None:
    """Run a machine with a share of the profile's examples."""
    examples = max(2, int(settings().max_examples * share))
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=steps))


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "share"), [("asyncio", 0.4), ("trio", 0.1)])
def test_a_database(database: Database, backend: str, share: float) -> None:
    class OnDatabase(JournalMachine):
        make_home = staticmethod(lambda: DatabaseHome(database))
        slots = 3

    OnDatabase.backend = backend
    run(OnDatabase, share)


def test_a_file(tmp_path: Path) -> None:
    class OnFile(JournalMachine):
        make_home = staticmethod(lambda: FileHome(tmp_path / "run.db"))

    run(OnFile, 0.2)
