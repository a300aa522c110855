"""Bulk runs that download to an object store, or to a folder that several machines share."""

from __future__ import annotations

import errno
import json
import pickle
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from a2e_async import ConfigurationError, DownloadError, InvalidArgument, Outcome
from a2e_async._bulk.downloads import Downloads
from a2e_async._files.shared_folder import SharedFolder
from tests.sandbox.bulk_kit import drained, entries, pictures, rerun, stage

pytestmark = pytest.mark.anyio

OUT = "memory://bucket/out"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


@pytest.fixture(autouse=True)
def spools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files, with the parts in it."""
    folder = tmp_path / "spools"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture(autouse=True)
def objects() -> Iterator[dict[str, Any]]:
    """The objects of the store in memory, empty at first."""
    found: dict[str, Any] = MemoryFileSystem.store
    found.clear()
    yield found
    found.clear()


def parts(spools: Path) -> list[Path]:
    return [path for folder in spools.iterdir() for path in folder.iterdir()]


def size_of(objects: dict[str, Any], path: Any) -> int:
    return len(objects[str(path).removeprefix("memory:/")].getvalue())


async def test_results_come_to_an_object_store_once(
    journal: Path, objects: dict[str, Any], spools: Path
) -> None:
    async with stage(odd_files=False) as on:

        def jobs(a2e: Any) -> list[Any]:
            return [job.with_key(f"scene {number}") for number, job in enumerate(pictures(a2e, 4))]

        first = await rerun(on, jobs, journal=journal, download_to=OUT)
        assert sorted(path for outcome in first for path in outcome.paths) == [
            f"{OUT}/scene {number}.mp4" for number in range(4)
        ]
        assert len(objects) == 4
        for row in entries(journal):
            [file] = json.loads(row["files"])
            assert size_of(objects, f"{OUT}/{file['path']}") == file["size"]
        assert parts(spools) == []

        del objects["/bucket/out/scene 1.mp4"]
        MemoryFileSystem().pipe_file("/bucket/out/scene 2.mp4", b"half")
        for finished in ("skip", "yield"):
            again = await rerun(on, jobs, journal=journal, download_to=OUT, finished=finished)
            assert len(again) == (2 if finished == "skip" else 4)
        assert on.sandbox.ledger.requests["download"] == 6
        assert on.made() == 4

    outcome: Outcome = pickle.loads(pickle.dumps(again[0]))
    assert outcome.paths == again[0].paths
    assert outcome.to_dict()["paths"] == list(again[0].paths)


async def test_the_api_takes_addresses_too(objects: dict[str, Any], tmp_path: Path) -> None:
    async with stage(odd_files=False) as on:
        [job] = pictures(on.a2e, 1)
        result = await job.run()
        assert await result.download(OUT, name="cat") == [f"{OUT}/cat.mp4"]
        [file] = await result.fetch(f"file://{tmp_path}/out", name="cat")
        assert file.path == tmp_path / "out" / "cat.mp4"
        assert (await on.a2e.download(result.urls[0], OUT, name="cat")).reused
    assert list(objects) == ["/bucket/out/cat.mp4"]


@pytest.mark.parametrize(
    ("place", "hint"),
    [
        ("nosuch://bucket", "not known"),
        ("s3://bucket", "s3fs"),
        ("memory://file/out", "file"),
    ],
)
async def test_a_store_that_cannot_be_used_is_told_before_anything_is_paid_for(
    monkeypatch: pytest.MonkeyPatch, objects: dict[str, Any], place: str, hint: str
) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    MemoryFileSystem().pipe_file("/file", b"")
    async with stage() as on:
        async with on.a2e.bulk(pictures(on.a2e, 3), download_to=place) as run:
            with pytest.raises(InvalidArgument, match=hint) as caught:
                await drained(run)
        assert caught.value.field == "download_to"
        assert on.made() == 0
    assert list(objects) == ["/file"]


async def test_without_the_extra_the_run_is_not_even_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    async with stage() as on:
        with pytest.raises(ConfigurationError, match="fsspec"):
            on.a2e.bulk(pictures(on.a2e, 3), download_to="gs://bucket")


class Away:
    """The store in memory takes nothing from now on, for some tries."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tries: float) -> None:
        self.left = tries
        put_file = MemoryFileSystem.put_file

        def fails(system: Any, local: str, path: str, **options: Any) -> None:
            if objects_of(system):  # the check before the first start was passed
                self.left -= 1
                if self.left >= 0:
                    raise OSError(errno.EIO, "the store is away")
            put_file(system, local, path, **options)

        monkeypatch.setattr(MemoryFileSystem, "put_file", fails)


def objects_of(system: Any) -> bool:
    return bool(system.store)


async def test_while_the_store_is_away_the_run_waits(
    monkeypatch: pytest.MonkeyPatch, objects: dict[str, Any]
) -> None:
    Away(monkeypatch, 60)
    async with stage(odd_files=False) as on:
        async with on.a2e.bulk(pictures(on.a2e, 6), concurrency=2, download_to=OUT) as run:
            outcomes = await drained(run)
        assert not run.stopped
        assert [outcome.error for outcome in outcomes] == [None] * 6
        assert len(objects) == on.made() == 6


async def test_a_store_that_stays_away_stops_the_run(
    monkeypatch: pytest.MonkeyPatch, journal: Path, objects: dict[str, Any]
) -> None:
    away = Away(monkeypatch, float("inf"))
    async with stage(odd_files=False) as on:
        jobs = pictures(on.a2e, 12)
        async with on.a2e.bulk(jobs, concurrency=2, download_to=OUT, journal=journal, timeout=120.0) as run:
            outcomes = await drained(run)
        assert isinstance(run.stopped, DownloadError)
        assert "the store is away" in str(run.stopped)
        [errors] = (summary.errors for summary in run.summary().workflows.values())
        assert set(errors) == {"DownloadError"}
        assert len(outcomes) == on.made() < 12
        assert len(objects) == 1

        away.left = 0
        again = await rerun(on, lambda a2e: pictures(a2e, 12), download_to=OUT, journal=journal)
        assert all(outcome.paths for outcome in again)
        assert len(objects) == on.made() == 12


async def test_with_a_shared_journal_files_grow_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, spools: Path
) -> None:
    saved: list[Path] = []
    put = SharedFolder.put

    def noted(self: SharedFolder, source: Path, name: str, **options: Any) -> bool:
        saved.append(source)
        return put(self, source, name, **options)

    init = Downloads.__init__
    monkeypatch.setattr(SharedFolder, "put", noted)
    monkeypatch.setattr(
        Downloads, "__init__", lambda self, place, disk, *, shared: init(self, place, disk, shared=True)
    )
    async with stage(odd_files=False) as on:
        outcomes = await rerun(on, lambda a2e: pictures(a2e, 3), download_to=tmp_path / "out")
    assert all(spools in source.parents for source in saved)
    assert len(saved) == 3
    assert sorted(path for outcome in outcomes for path in outcome.paths) == sorted(
        (tmp_path / "out").iterdir()
    )
