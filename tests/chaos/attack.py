"""The state machine that attacks the journals, for longer than the tests let it."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.postgres import Database, own_server
from tests.unit.bulk.journal_homes import DatabaseHome, FileHome
from tests.unit.bulk.journal_machine import JournalMachine

__all__ = ["run"]

_STEPS = 40  # of one story


def run(examples: int) -> None:
    """Attack a database with three workers, and a file.

    Args:
        examples: the number of stories; a file gets a tenth.

    Raises:
        Exception: a journal does not hold.
    """
    logging.getLogger("a2e_async").setLevel(logging.CRITICAL)
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)

    with own_server() as server:
        database = Database.made(server.url)

        class OnDatabase(JournalMachine):
            make_home = staticmethod(lambda: DatabaseHome(database))
            slots = 3

        _run(OnDatabase, examples)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.db"

        class OnFile(JournalMachine):
            make_home = staticmethod(lambda: FileHome(path))

        _run(OnFile, max(1, examples // 10))


def _run(machine: type[JournalMachine], examples: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=_STEPS,
            deadline=None,
            database=None,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
