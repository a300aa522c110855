"""What lies in a folder before a download: links, pipes and damaged notes are not followed or waited for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from a2e_async._files.part_origin import Version, read_origin
from a2e_async.errors import DownloadError, InvalidArgument
from tests.unit.files.kit import MP4, PNG, URL, Host, downloader, leave_part, names

pytestmark = pytest.mark.anyio


def origin_of(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


@pytest.mark.parametrize("link", [os.symlink, os.link], ids=["symbolic", "hard"])
async def test_the_origin_is_never_written_through_a_link(tmp_path: Path, link: Any) -> None:
    precious = tmp_path / "precious"
    precious.write_text('{"etag": "\\"v1\\"", "last_modified": null, "size": 99999}')
    part = leave_part(tmp_path / "..", MP4[:1000], "{}")
    part = part.rename(tmp_path / part.name)
    link(precious, origin_of(part))

    before = precious.read_bytes()
    saved = await downloader(Host(MP4, etag='"v2"')).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4
    assert precious.read_bytes() == before
    assert names(tmp_path) == ["precious", "video.mp4"]


async def test_a_linked_origin_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"etag": "\\"v1\\"", "last_modified": null, "size": 99999}')
    (tmp_path / "a.json").symlink_to(tmp_path / "other.json")
    assert read_origin(tmp_path / "a.json") == Version()
    assert read_origin(tmp_path / "other.json").size == 99999


async def test_pipes_in_the_places_of_the_files_do_not_block(tmp_path: Path) -> None:
    part = leave_part(tmp_path, b"", "{}")
    origin_of(part).unlink()
    os.mkfifo(origin_of(part))
    assert (await downloader(Host(PNG)).download(URL, folder=tmp_path)).path.read_bytes() == PNG

    os.mkfifo(part)
    with pytest.raises(DownloadError, match="not a regular file"):
        await downloader(Host(PNG)).download(URL, folder=tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 60_000,
        '{"etag": "' + "x" * 100_000 + '"}',
        '{"etag": "\\"a\\r\\nX-Evil: 1\\"", "last_modified": null, "size": 5000}',
        '{"etag": "\\"\\u00e9\\"", "last_modified": "\\u00e9", "size": 5000}',
        '{"etag": ["x"], "last_modified": null, "size": 5000}',
        "\udcff",
    ],
)
async def test_a_damaged_origin_is_ignored(tmp_path: Path, text: str) -> None:
    part = leave_part(tmp_path, MP4[:1000], "{}")
    origin_of(part).write_bytes(text.encode("utf-8", "surrogateescape"))
    host = Host(MP4)
    assert (await downloader(host).download(URL, folder=tmp_path)).path.read_bytes() == MP4
    assert "if-range" not in host.requests[0]


async def test_a_version_that_no_header_can_hold_is_not_sent_back(tmp_path: Path) -> None:
    """Such an ETag must not keep a file from ever being downloaded."""
    host = Host(MP4, etag='"é"', last_modified="gestern\x00")
    assert (await downloader(host).download(URL, folder=tmp_path)).path.read_bytes() == MP4


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "..", "a/../../x", "..\\x", "x\x00/../y", "~/x"])
async def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "a" / "b"
    saved = await downloader(Host(PNG)).download(URL, folder=folder, name=name)
    assert saved.path.parent == folder
    url = f"https://cdn.example/{name.replace(chr(0), '%00').replace('/', '%2f')}"
    saved = await downloader(Host(MP4)).download(url, folder=folder)
    assert saved.path.parent == folder
    assert names(tmp_path) == ["a"]


async def test_names_that_differ_only_in_case_are_two_files_on_every_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def ignoring_case(source: Any, target: Any) -> None:
        if any(name.lower() == Path(target).name.lower() for name in os.listdir(tmp_path)):
            raise FileExistsError
        link(source, target)

    monkeypatch.setattr(os, "link", ignoring_case)
    await downloader(Host(PNG)).download(URL, folder=tmp_path, name="cat")
    saved = await downloader(Host(PNG + b"2")).download(URL, folder=tmp_path, name="CAT")
    assert saved.path.name == "CAT_2.png"
    assert (tmp_path / "cat.png").read_bytes() == PNG


# Folders that cannot be.


async def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for folder in ("~/out", Path("~/out")):
        saved = await downloader(Host(PNG)).download(URL, folder=folder)
        assert saved.path == tmp_path / "out" / "video.png"
    assert (await downloader(Host(PNG)).download(URL, "~/cat.png")).path == tmp_path / "cat.png"
    assert names(tmp_path) == ["cat.png", "out"]

    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # without HOME and an entry for the user
    with pytest.raises(InvalidArgument, match="folder: ~/out: the home folder is not known"):
        await downloader(Host(PNG)).download(URL, folder="~/out")
    assert (await downloader(Host(PNG)).download(URL, folder="~cat")).path.parent == Path("~cat")


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("a\x00b", r"a\\x00b holds a null character"),
        ("a\ud800b", r"a\\ud800b holds characters that no file name can"),
        (Path("a\x00b"), "null character"),
    ],
)
async def test_a_folder_that_cannot_be_is_refused_before_anything_is_sent(folder: Any, words: str) -> None:
    host = Host(PNG)
    with pytest.raises(InvalidArgument, match=words) as caught:
        await downloader(host).download(URL, folder=folder)
    assert caught.value.field == "folder"
    with pytest.raises(InvalidArgument, match=words):
        await downloader(host).download(URL, target=folder)
    assert not host.requests


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    host = Host(PNG)
    for folder, words in {
        tmp_path / "file" / "deeper": "Not a directory",
        tmp_path / ("x" * 300): "File name too long",
        Path("/proc/none"): "/proc/none cannot be written",
    }.items():
        with pytest.raises(DownloadError, match=words):
            await downloader(host).download(URL, folder=folder)

    with pytest.raises(InvalidArgument, match=r"folder: .*/file is a file; give the folder, and name="):
        await downloader(host).download(URL, folder=tmp_path / "file")
    with pytest.raises(DownloadError, match=r"x\.png cannot be written: File name too long"):
        await downloader(Host(PNG)).download(URL, target=tmp_path / ("x" * 300 + ".png"))
    assert not host.requests


async def test_a_folder_whose_name_is_not_unicode_is_used(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    saved = await downloader(Host(PNG)).download(URL, folder=folder)
    assert saved.path.read_bytes() == PNG
    folder = saved.path / "deeper"
    with pytest.raises(DownloadError) as caught:
        await downloader(Host(PNG)).download(URL, folder=folder)
    assert str(caught.value).isascii()
    assert "caf\\udce9" in str(caught.value)
