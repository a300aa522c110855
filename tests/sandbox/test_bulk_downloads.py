"""The files of a bulk run: downloaded as results come, named after keys, recorded with their sizes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest

from a2e_async import DownloadError, RetryPolicy
from a2e_async._files.destination import SavedFile
from a2e_async._journal.sqlite.journal import FileJournal
from a2e_async.sandbox import Faults
from a2e_async.tasks import Result
from tests.sandbox.bulk_kit import drained, entries, ids, pictures, rerun, stage

pytestmark = pytest.mark.anyio


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def names(folder: Path) -> list[str]:
    """The names of the files in a folder."""
    return sorted(path.name for path in folder.iterdir())


def count_files(journal: Path, folder: Path) -> int:
    """Check that each file in the journal has its recorded size in the folder; returns their number."""
    count = 0
    for row in entries(journal):
        for file in json.loads(row["files"]):
            assert file.keys() == {"path", "size"}
            assert (folder / file["path"]).stat().st_size == file["size"]
            count += 1
    return count


async def test_files_are_named_after_keys_and_recorded_with_sizes(journal: Path, out: Path) -> None:
    async with stage(odd_files=False) as on:
        jobs = [job.with_key(f"scene {number}") for number, job in enumerate(pictures(on.a2e, 5))]
        jobs.append(on.a2e.text_to_image(prompt="kites", max_images=3).with_key("../kites/of all kinds?"))
        async with on.a2e.bulk(jobs, journal=journal, download_to=out) as run:
            outcomes = await drained(run)
        assert [path.name for path in outcomes[1].paths] == ["scene 1.mp4"]
        assert len(outcomes[5].paths) == 3
        assert all(path.parent == out for outcome in outcomes for path in outcome.paths)
        assert count_files(journal, out) == len(names(out)) == 8


async def test_without_a_journal_the_key_names_the_file_too(out: Path) -> None:
    async with stage(odd_files=False) as on:
        jobs = [job.with_key("cat") for job in pictures(on.a2e, 2)]
        async with on.a2e.bulk(jobs, download_to=out) as run:
            await drained(run)
        assert names(out) == ["cat.mp4", "cat_2.mp4"]


async def test_a_later_run_downloads_only_missing_and_incomplete_files(journal: Path, out: Path) -> None:
    async with stage() as on:
        async with on.a2e.bulk(pictures(on.a2e, 4), journal=journal, download_to=out) as run:
            first = await drained(run)
        assert on.sandbox.ledger.requests["download"] == 4

        first[1].paths[0].unlink()
        first[2].paths[0].write_bytes(b"half")
        for finished in ("skip", "yield"):
            again = await rerun(
                on, lambda a2e: pictures(a2e, 4), journal=journal, download_to=out, finished=finished
            )
            if finished == "skip":
                assert [outcome.index for outcome in again] == [1, 2]

        assert on.sandbox.ledger.requests["download"] == 6
        assert [bool(outcome.paths) for outcome in again] == [True] * 4
        assert count_files(journal, out) == 4


async def test_a_journal_with_checksums_is_read_too(journal: Path, out: Path) -> None:
    async with stage() as on:
        async with on.a2e.bulk(pictures(on.a2e, 3), journal=journal, download_to=out) as run:
            await drained(run)
        async with FileJournal.open(journal) as opened:
            for row in entries(journal):
                entry = await opened.take(row["key"], "image_to_video", unique=True)
                assert entry.files is not None
                await opened.record_files(entry, [{**file, "sha256": "0" * 64} for file in entry.files])
        again = await rerun(on, lambda a2e: pictures(a2e, 3), journal=journal, download_to=out)
        assert all(outcome.replayed and outcome.paths for outcome in again)
        assert on.sandbox.ledger.requests["download"] == 3


async def test_a_folder_given_later_gets_the_files_of_earlier_runs(journal: Path, out: Path) -> None:
    async with stage() as on:
        async with on.a2e.bulk(pictures(on.a2e, 3), journal=journal) as run:
            assert all(outcome.paths == () for outcome in await drained(run))
        again = await rerun(on, lambda a2e: pictures(a2e, 3), journal=journal, download_to=out)
        assert all(outcome.replayed and outcome.paths for outcome in again)
        assert on.made() == 3


async def test_a_failed_download_leaves_the_result(journal: Path, out: Path) -> None:
    async with stage(faults=Faults(operations="download", status_403=1.0)) as on:
        async with on.a2e.bulk(pictures(on.a2e, 3), journal=journal, download_to=out) as run:
            outcomes = await drained(run)
        assert all(isinstance(outcome.error, DownloadError) for outcome in outcomes)
        assert len(ids(outcomes)) == 3
        assert run.summary().done == 3
        assert run.summary().workflows["image_to_video"].errors == {"DownloadError": 3}

        on.sandbox.set_faults()
        again = await rerun(on, lambda a2e: pictures(a2e, 3), journal=journal, download_to=out)
        assert all(outcome.paths and not outcome.error for outcome in again)
        assert on.made() == 3


async def test_downloads_survive_cuts_and_are_complete(journal: Path, out: Path) -> None:
    faults = Faults(operations="download", cut=0.4, status_503=0.2)
    async with stage(faults=faults, client={"retry": RetryPolicy(attempts=30)}) as on:
        async with on.a2e.bulk(pictures(on.a2e, 12), journal=journal, download_to=out) as run:
            outcomes = await drained(run)
        assert all(outcome.error is None for outcome in outcomes)
        assert count_files(journal, out) == len(names(out)) == 12


async def test_a_result_without_files_is_not_downloaded_again(journal: Path, out: Path) -> None:
    async with stage() as on:
        job = on.a2e.voice(name="v", voice_urls=["https://e.com/voice.mp3"])
        async with on.a2e.bulk([job], journal=journal, download_to=out) as run:
            [outcome] = await drained(run)
        assert outcome.error is None
        async with on.a2e.bulk([job], journal=journal, download_to=out, finished="skip") as run:
            assert await drained(run) == []


async def test_downloads_are_bounded_and_hold_up_no_start(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    under_way = most = 0
    fetch = Result.fetch

    async def counted(self: Result[Any], folder: Path, *, name: str | None = None) -> Sequence[SavedFile]:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        try:
            await anyio.lowlevel.checkpoint()
            return await fetch(self, folder, name=name)
        finally:
            under_way -= 1

    monkeypatch.setattr(Result, "fetch", counted)
    async with stage(durations={"*": 10.0}) as on:
        outcomes = await rerun(on, lambda a2e: pictures(a2e, 24), concurrency=16, download_to=out)
        assert len(ids(outcomes)) == 24
    assert most == 8
