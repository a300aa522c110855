"""Interrupted downloads: continued only with the same version of the file, otherwise started again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a2e_async._files.part_origin import Version
from a2e_async.errors import DownloadError
from tests.unit.files.kit import (
    MEGA,
    MP4,
    PNG,
    URL,
    Answer,
    Cut,
    Host,
    ManualClock,
    downloader,
    leave_part,
    names,
    parts,
    sha256,
)


@pytest.mark.anyio
async def test_a_cut_is_resumed_where_it_was(tmp_path: Path) -> None:
    host = Host(MP4, [Cut(MEGA + 5), Cut(MEGA), None])
    clock = ManualClock()
    saved = await downloader(host, clock=clock).download(URL, folder=tmp_path)

    assert saved.path.read_bytes() == MP4
    assert await saved.compute_sha256() == sha256(MP4)
    assert host.sent == len(MP4)
    assert [request.get("range") for request in host.requests] == [
        None, f"bytes={MEGA + 5}-", f"bytes={2 * MEGA + 5}-"
    ]  # fmt: skip
    assert host.requests[1]["if-range"] == host.etag
    assert all(request["accept-encoding"] == "identity" for request in host.requests)
    assert clock.sleeps == [0.5, 0.5], "progress starts the count anew"


@pytest.mark.anyio
async def test_a_connection_that_ends_early_without_an_error_is_a_cut_too(tmp_path: Path) -> None:
    host = Host(MP4)
    short = host.answer({})
    short.body = MP4[:70_000]
    host.script = [short]
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert await saved.compute_sha256() == sha256(MP4)
    assert host.requests[1]["range"] == "bytes=70000-"


@pytest.mark.anyio
async def test_progress_allows_any_number_of_cuts_but_no_progress_does_not(tmp_path: Path) -> None:
    host = Host(MP4, [Cut(100_000)] * 30)
    await downloader(host).download(URL, folder=tmp_path / "a")
    host = Host(MP4, [Cut(100_000), *[Cut(10)] * 5])
    with pytest.raises(DownloadError, match="gave up after 3 attempts without progress: cut") as caught:
        await downloader(host).download(URL, folder=tmp_path / "b")
    assert "secret" not in str(caught.value)
    assert len(host.requests) == 3


@pytest.mark.anyio
@pytest.mark.parametrize("restart", ["no ranges", "no version"])
async def test_a_host_that_cannot_resume_is_asked_for_all_of_it(tmp_path: Path, restart: str) -> None:
    host = Host(MP4, [Cut(MEGA)], ranges=restart != "no ranges", etag=None if restart == "no ranges" else "")
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4
    assert await saved.compute_sha256() == sha256(MP4)
    assert ("range" in host.requests[1]) is (restart == "no ranges")


@pytest.mark.anyio
async def test_a_later_call_goes_on_with_the_part(tmp_path: Path) -> None:
    host = Host(MP4, [Cut(MEGA + 77), Cut(0), Cut(0)])
    with pytest.raises(DownloadError):
        await downloader(host).download(URL, folder=tmp_path, name="a")
    (part,) = parts(tmp_path)
    assert part.read_bytes() == MP4[: MEGA + 77]
    again = Host(MP4)
    saved = await downloader(again).download(URL.replace("secret", "other"), folder=tmp_path, name="a")
    assert await saved.compute_sha256() == sha256(MP4)
    assert saved.path.read_bytes() == MP4
    assert again.sent == len(MP4) - MEGA - 77
    assert names(tmp_path) == ["a.mp4"]


@pytest.mark.anyio
@pytest.mark.parametrize("by", ["etag", "date", "weak etag"])
async def test_the_part_of_another_version_is_never_continued(tmp_path: Path, by: str) -> None:
    old, new = MP4, MP4[:5000] + b"!" + MP4[5001:]
    versions: list[dict[str, Any]] = {
        "etag": [{"etag": '"1"'}, {"etag": '"2"'}],
        "date": [{"etag": "", "last_modified": day} for day in ("Mon, 01", "Tue, 02")],
        "weak etag": [{"etag": 'W/"1"'}, {"etag": 'W/"1"'}],
    }[by]

    with pytest.raises(DownloadError):
        await downloader(Host(old, [Cut(MEGA), Cut(0), Cut(0)], **versions[0])).download(URL, folder=tmp_path)

    host = Host(new, **versions[1])
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == new
    assert await saved.compute_sha256() == sha256(new)
    assert ("range" in host.requests[0]) is (by != "weak etag")


@pytest.mark.anyio
async def test_a_date_is_enough_to_resume(tmp_path: Path) -> None:
    host = Host(MP4, [Cut(MEGA)], etag="", last_modified="Mon, 23 Nov 2026 10:00:00 GMT")
    await downloader(host).download(URL, folder=tmp_path)
    assert host.requests[1]["if-range"] == host.last_modified
    assert host.sent == len(MP4)


WRONG_PARTS = {
    "another place": {"content-range": f"bytes 7-{len(MP4) - 1}/{len(MP4)}"},
    "another length": {"content-range": f"bytes {MEGA}-{len(MP4)}/{len(MP4) + 1}"},
    "another version": {"content-range": f"bytes {MEGA}-{len(MP4) - 1}/{len(MP4)}", "etag": '"other"'},
    "no place": {},
    "nonsense": {"content-range": "bytes ?"},
}


@pytest.mark.anyio
@pytest.mark.parametrize("headers", WRONG_PARTS.values(), ids=WRONG_PARTS)
async def test_a_part_that_was_not_asked_for_is_not_used(tmp_path: Path, headers: dict[str, str]) -> None:
    host = Host(MP4, [Cut(MEGA), Answer(206, headers, b"wrong" * 1000)])
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4
    assert "range" not in host.requests[2]


@pytest.mark.anyio
async def test_a_range_that_cannot_be_satisfied_starts_anew(tmp_path: Path) -> None:
    host = Host(MP4, [Cut(MEGA), Answer(416, {})])
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4


@pytest.mark.anyio
async def test_a_complete_part_of_an_earlier_call_is_confirmed_by_the_host(tmp_path: Path) -> None:
    leave_part(tmp_path, MP4, Version('"v1"', None, len(MP4)))
    host = Host(MP4, etag='"v1"')
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert host.sent == 1
    assert await saved.compute_sha256() == sha256(MP4)
    leave_part(tmp_path, MP4, Version('"v1"', None, len(MP4)))
    other = Host(PNG, etag='"v2"')
    saved = await downloader(other).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == PNG


@pytest.mark.anyio
async def test_a_damaged_part_is_found_by_the_checksum_in_the_etag(tmp_path: Path) -> None:
    host = Host(MP4)
    leave_part(tmp_path, bytes(MEGA), Version(host.etag, None, len(MP4)))
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4
    assert await saved.compute_sha256() == sha256(MP4)
    assert len(host.requests) == 2


@pytest.mark.anyio
async def test_an_etag_that_only_looks_like_a_checksum_does_no_harm(tmp_path: Path) -> None:
    host = Host(MP4, etag='"' + "0" * 32 + '"')
    leave_part(tmp_path, MP4[:MEGA], Version(host.etag, None, len(MP4)))
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4


@pytest.mark.anyio
@pytest.mark.parametrize(
    "origin",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"etag": 5, "last_modified": null, "size": null}',
        '{"etag": "\\"1\\"", "last_modified": null, "size": -5}',
        '{"etag": "\\"1\\"", "last_modified": null, "size": true}',
    ],
)
async def test_a_part_of_unknown_origin_is_not_used(tmp_path: Path, origin: str) -> None:
    leave_part(tmp_path, b"garbage", origin)
    host = Host(PNG)
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == PNG
    assert "range" not in host.requests[0]
    assert names(tmp_path) == ["video.png"]


@pytest.mark.anyio
async def test_a_part_that_is_longer_than_the_file_ends_where_the_file_does(tmp_path: Path) -> None:
    leave_part(tmp_path, MP4 + b"trailing garbage", Version('"v1"', None, len(MP4)))
    saved = await downloader(Host(MP4, etag='"v1"')).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4


@pytest.mark.anyio
async def test_an_expired_url_keeps_the_part_for_a_fresh_one(tmp_path: Path) -> None:
    host = Host(MP4, [Cut(MEGA), Answer(403, {})])
    with pytest.raises(DownloadError, match="expire"):
        await downloader(host).download(URL, folder=tmp_path)
    assert len(parts(tmp_path)) == 1


# Cancellation.


@pytest.mark.anyio
async def test_cancelled_at_any_piece_nothing_is_half_written_and_the_next_call_resumes(
    tmp_path: Path,
) -> None:
    content = MP4[: 5 * MEGA // 2]
    for moment in range(0, len(content) + 1, 192 << 10):
        folder = tmp_path / str(moment)
        scope = anyio.CancelScope()

        async def on_piece(host: Host, scope: anyio.CancelScope = scope, moment: int = moment) -> None:
            if host.sent > moment:
                scope.cancel()

        with scope:
            await downloader(Host(content, on_piece=on_piece)).download(URL, folder=folder)
        assert not list(folder.glob("*.mp4")) or moment > len(content) - (64 << 10)
        host = Host(content)
        saved = await downloader(host).download(URL, folder=folder)
        assert saved.path.read_bytes() == content
        assert host.sent <= len(content) - moment
        assert names(folder) == ["video.mp4"]


@pytest.mark.anyio
async def test_a_part_that_cannot_be_resumed_is_not_left(tmp_path: Path) -> None:
    with anyio.CancelScope() as scope:

        async def on_piece(host: Host) -> None:
            if host.sent > MEGA:
                scope.cancel()

        await downloader(Host(MP4, etag="", on_piece=on_piece)).download(URL, folder=tmp_path)
    assert scope.cancelled_caught
    assert names(tmp_path) == []


def test_asyncio_cancellation_while_a_thread_is_at_work(tmp_path: Path) -> None:
    """asyncio's own cancel does not wait for threads, as anyio's scopes do."""

    async def main() -> None:
        content = MP4[: 5 * MEGA // 2]
        for step in range(15):
            folder = tmp_path / str(step)
            task = asyncio.create_task(downloader(Host(content)).download(URL, folder=folder))
            for _ in range(step * 20 + step % 7):
                await asyncio.sleep(0)

            task.cancel()
            if step % 2:
                await asyncio.sleep(0)
                task.cancel()
            await asyncio.wait([task])

            finals = list(folder.glob("*.mp4"))
            assert all(path.read_bytes() == content for path in finals)
            saved = await downloader(Host(content)).download(URL, folder=folder)
            assert saved.path.read_bytes() == content
            assert names(folder) == ["video.mp4"]

    asyncio.run(main())


# Properties.


cuts = st.lists(st.integers(0, 300_000), max_size=6)


@given(cuts=cuts, calls=cuts, ranges=st.booleans(), etag=st.sampled_from([None, "", '"opaque"', 'W/"weak"']))
@settings(max_examples=20, deadline=None)
def test_whatever_breaks_the_file_is_whole_in_the_end(
    tmp_path_factory: pytest.TempPathFactory,
    cuts: list[int],
    calls: list[int],
    ranges: bool,
    etag: str | None,
) -> None:
    content = MP4[:250_000]
    folder = tmp_path_factory.mktemp("cuts")

    async def main() -> None:
        for cut in calls:
            host = Host(content, [Cut(cut)], etag=etag, ranges=ranges)
            try:
                await downloader(host, attempts=1).download(URL, folder=folder)
            except DownloadError:
                assert not list(folder.glob("*.mp4"))
        host = Host(content, [Cut(cut) for cut in cuts], etag=etag, ranges=ranges)
        saved = await downloader(host, attempts=10).download(URL, folder=folder)
        assert saved.path.read_bytes() == content
        assert await saved.compute_sha256() == sha256(content)
        assert names(folder) == ["video.mp4"]

    anyio.run(main)
