"""Bulk runs without await: what is the caller's runs in the caller's thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from a2e_async.sandbox import Sandbox
from a2e_async.sync import (
    A2E,
    BulkRun,
    ConfigurationError,
    Job,
    JournalError,
    OpenRun,
    Outcome,
    TaskRecord,
)


def test_jobs_come_from_a_generator_that_uses_the_client(a2e: A2E) -> None:
    threads = set()
    with a2e.bulk([a2e.text_to_image(prompt=f"kite {n}") for n in range(3)]) as run:
        pictures = [outcome.result for outcome in run if outcome.result]

    def jobs() -> Iterator[Job]:
        for picture in pictures:
            threads.add(threading.get_ident())
            a2e.text_to_image.get(picture.task.id)
            yield a2e.image_to_video(image_url=picture, prompt="it flies").with_key(picture.task.id)

    with a2e.bulk(jobs(), concurrency=2) as run:
        assert isinstance(run, BulkRun)
        keys = {outcome.key for outcome in run}
    assert keys == {picture.task.id for picture in pictures}
    assert threads == {threading.get_ident()}
    assert run.summary().done == 3
    assert run.stopped is None


def test_an_error_of_the_generator_is_raised_after_the_outcomes(a2e: A2E) -> None:
    def jobs() -> Iterator[Job]:
        yield a2e.text_to_image(prompt="x")
        raise LookupError("no more rows")

    found: list[Outcome] = []
    with a2e.bulk(jobs()) as run, pytest.raises(LookupError, match="no more rows"):
        found.extend(run)
    assert len(found) == 1


def test_updates_come_to_the_thread_that_reads_the_run(a2e: A2E) -> None:
    heard: list[tuple[Any, str | None, int]] = []
    job = a2e.text_to_image(prompt="x")

    def hear(told: Job, record: TaskRecord) -> None:
        heard.append((told, record.status, threading.get_ident()))

    with a2e.bulk(iter([job]), on_update=hear) as run:
        list(run)
    assert {(told, thread) for told, _, thread in heard} == {(job, threading.get_ident())}
    assert heard[-1][1] == "completed"


def test_jobs_are_made_of_rows(a2e: A2E) -> None:
    jobs = a2e.jobs([{"prompt": "a", "key": "1"}, {"prompt": "b", "key": "2"}], a2e.text_to_image)
    assert len(jobs) == 2
    assert all(isinstance(job, Job) for job in jobs)
    with a2e.bulk(jobs) as run:
        assert {outcome.key for outcome in run} == {"1", "2"}


def test_updates_that_fail_are_logged_once(a2e: A2E, caplog: pytest.LogCaptureFixture) -> None:
    with a2e.bulk([a2e.text_to_image(prompt="x")], on_update=lambda job, record: 1 / 0) as run:
        (outcome,) = run
    assert outcome.error is None
    assert caplog.text.count("is not called again") == 1


def test_a_run_is_gone_on_with_from_its_journal(a2e: A2E, sandbox: Sandbox, tmp_path: Path) -> None:
    jobs = [a2e.flux2(prompt="x").with_key(str(n)) for n in range(3)]
    before = sandbox.ledger.made("flux2")
    for _ in range(2):
        with a2e.bulk(jobs, journal=tmp_path / "run.db", download_to=tmp_path / "out") as run:
            assert all(path.exists() for outcome in run for path in outcome.paths)
    assert sandbox.ledger.made("flux2") - before == 3
    assert run.summary().replayed == 3


def test_many_threads_ask_an_open_run(a2e: A2E, sandbox: Sandbox) -> None:
    jobs = [a2e.text_to_image(prompt=f"open {n % 4}") for n in range(16)]
    before = sandbox.ledger.made("text_to_image")
    with a2e.bulk() as run, ThreadPoolExecutor(16) as pool:
        assert isinstance(run, OpenRun)
        ids = list(pool.map(lambda job: run.result(job).task.id, jobs))
    assert len(set(ids)) == 4 == sandbox.ledger.made("text_to_image") - before

    with pytest.raises(ConfigurationError, match=r"inside the `with` of the bulk run"):
        run.result(jobs[0])


def test_a_run_outlives_the_close_of_its_client(a2e: A2E) -> None:
    with a2e.bulk([a2e.text_to_image(prompt="x")] * 2) as run:
        a2e.close()
        assert len(list(run)) == 2


def test_a_journal_with_a_password_is_in_no_traceback(a2e: A2E) -> None:
    journal = "postgresql://me:hunter22@127.0.0.1:9/db"
    with pytest.raises(JournalError) as caught:
        a2e.bulk([], journal=journal).__enter__()
    frames = [frame.frame.f_locals for frame in caught.traceback][1:]
    assert "hunter22" not in repr(frames)
