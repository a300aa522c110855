"""The journal's file during a bulk run: what it holds, when it is written, and which files are refused."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from a2e_async import A2E, JournalError, Outcome
from a2e_async._journal.sqlite.journal import FileJournal
from tests.sandbox.bulk_kit import entries, ids, pictures, rerun, run_pictures, stage

pytestmark = pytest.mark.anyio


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


def content_of(path: Path) -> bytes:
    """The content of a file; empty if there is no file."""
    return path.read_bytes() if path.is_file() else b""


@attrs.define
class WatchedTransport(httpx.AsyncBaseTransport):
    """A transport that passes the journal's entries to a function before it sends a request."""

    journal: Path
    look: Callable[[httpx.Request, list[dict[str, Any]]], None]
    inner: httpx.AsyncHTTPTransport = attrs.field(factory=httpx.AsyncHTTPTransport)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.look(request, entries(self.journal))
        return await self.inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self.inner.aclose()


async def test_every_step_is_on_disk_before_the_next_one(journal: Path, tmp_path: Path) -> None:
    seen: Counter[str] = Counter()

    def look(request: httpx.Request, known: list[dict[str, Any]]) -> None:
        path = request.url.path
        if path.endswith("/start"):
            seen["start"] += 1
            name = json.loads(request.content)["name"]
            [entry] = [row for row in known if row["marker"] and row["marker"] in name]
            assert entry["state"] == "starting"

        elif path.endswith("/batchDetail"):
            seen["poll"] += 1
            accepted = {
                record["_id"]
                for row in known
                if row["state"] in ("accepted", "done")
                for record in json.loads(row["records"])
            }
            assert set(json.loads(request.content)["ids"]) <= accepted

        elif path.startswith("/results/"):
            seen["download"] += 1
            task_id = path.split("/")[2]
            [entry] = [row for row in known if task_id in row["records"]]
            assert entry["state"] == "done"

    async with stage() as on:
        transport = WatchedTransport(journal, look)
        client = A2E(on.sandbox.token, base_url=on.sandbox.url, clock=on.clock, transport=transport)
        async with (
            client,
            client.bulk(pictures(client, 6), journal=journal, download_to=tmp_path / "out") as run,
        ):
            async for outcome in run:
                assert outcome.error is None
                [entry] = [row for row in entries(journal) if row["key"] == outcome.key]
                [file] = json.loads(entry["files"])
                assert (tmp_path / "out" / file["path"]) == outcome.paths[0]
        await transport.aclose()

    assert seen["start"] == 6
    assert seen["poll"] > 0
    assert seen["download"] == 6


async def test_the_journal_holds_no_secret_no_address_of_results_and_no_media(journal: Path) -> None:
    media = b"\x89PNG\r\n\x1a\n" + b"pixels of a secret picture" * 40
    held: list[bytes] = []

    async with stage() as on:
        jobs = [
            on.a2e.image_to_video(
                image_url=media,
                prompt="it waves",
                webhook_url="https://hooks.example.com/a2e",
                end_image_url="https://bucket.e.com/a.png?X-Signature=signed-by-us",
                webhook_token="whs-topsecret",
            ),
            *pictures(on.a2e, 3),
        ]
        async with on.a2e.bulk(jobs, journal=journal) as run:
            async for _ in run:
                held.extend(map(content_of, journal.parent.glob("run.db*")))
        held.append(content_of(journal))
        token = on.sandbox.token.encode()

    for content in held:
        for secret in (
            token,
            token[3:40],
            b"topsecret",
            b"hooks.example",
            b"signed-by-us",
            b"secret picture",
        ):
            assert secret not in content


async def test_only_one_run_at_a_time(journal: Path) -> None:
    async with stage() as on, on.a2e.bulk([], journal=journal):
        with pytest.raises(JournalError, match="in use by another run"):
            await run_pictures(on, journal)


def write_text(path: Path) -> None:
    path.write_text("this is a list of things to do, and no database at all\n" * 100)


def write_other_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE things (name TEXT)")
    connection.commit()
    connection.close()


def mark_newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def overwrite_pages(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "words", "fresh"),
    [
        (write_text, "damaged or not a journal", True),
        (write_other_database, "not a journal of a2e_async", True),
        (mark_newer, "newer version", False),
        (overwrite_pages, "damaged", False),
        (truncate, "damaged", False),
        (replace_by_folder, "unable to open", False),
    ],
)
async def test_a_file_that_is_not_a_journal_is_refused_and_left_alone(
    journal: Path, spoil: Callable[[Path], None], words: str, fresh: bool
) -> None:
    async with stage() as on:
        if not fresh:
            await run_pictures(on, journal)
        before = on.sandbox.ledger.count("api")
        spoil(journal)
        content = content_of(journal)

        with pytest.raises(JournalError, match=words) as refusal:
            await run_pictures(on, journal)
        assert str(journal) in str(refusal.value)
        assert on.sandbox.ledger.count("api") == before
        assert content_of(journal) == content


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    async with stage() as on:
        with pytest.raises(JournalError, match="there is no folder"):
            await run_pictures(on, tmp_path / "nowhere" / "run.db")
        assert on.sandbox.ledger.count("api") == 0


async def test_a_disk_that_fills_up_stops_the_run_and_loses_nothing(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[FileJournal] = []
    open_journal = FileJournal.open

    @asynccontextmanager
    async def observed(path: Path, account: str | None = None) -> AsyncIterator[FileJournal]:
        async with open_journal(path, account) as journal:
            opened.append(journal)
            yield journal

    def fill_disk(db: sqlite3.Connection) -> None:
        """Let the file grow no further; the error is the one of a full disk."""
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")

    monkeypatch.setattr(FileJournal, "open", observed)
    async with stage() as on:
        got: list[Outcome] = []

        async def drain() -> None:
            async with on.a2e.bulk(pictures(on.a2e, 60), concurrency=8, journal=journal) as run:
                async for outcome in run:
                    if not got:
                        await opened[0].transact(fill_disk)
                    got.append(outcome)

        with pytest.raises(JournalError, match="full"):
            await drain()
        made = on.made()
        assert made < 60
        assert all(outcome.error is None for outcome in got)

        outcomes = await rerun(on, lambda later: pictures(later, 60), journal=journal)
        assert len(set(ids(outcomes))) == 60
        assert on.made() == 60
