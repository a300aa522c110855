"""Uploads by presigned URL, downloads by Range, and valid media files."""

from __future__ import annotations

import hashlib
import re
import struct
import wave
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

import httpx
import pytest

from a2e_async.sandbox import media
from tests.sandbox.kit import Talker, talking

BODY = b"not really a picture"


@pytest.fixture
def talker() -> Iterator[Talker]:
    with talking(durations={"*": 100.0}) as talker:
        yield talker


def presign(talker: Talker, **options: object) -> dict[str, str]:
    reply = talker.post("r2/upload-presigned-url", {"key": "cats/my cat.png", **options})
    assert reply.status_code == 200, reply.text
    data = reply.json()["data"]
    assert isinstance(data, dict)
    return data


def put(
    talker: Talker, url: str, content: bytes = BODY, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    return talker.files.put(url, content=content, headers=headers)


def test_an_upload_comes_back_as_it_was_signed(talker: Talker) -> None:
    given = presign(talker, contentType="image/png", contentLength=len(BODY))
    assert given["key"].endswith("/cats/my cat.png")
    assert given["key"].startswith("adam2eve/stable/user/")
    assert given["bucket"] == "3days-apac"
    assert " " not in given["cdnUrl"]
    assert "/api/" not in given["uploadUrl"]
    assert talker.files.get(given["cdnUrl"]).status_code == 404
    assert put(talker, given["uploadUrl"], headers={"content-type": "image/png"}).status_code == 200

    back = talker.files.get(given["cdnUrl"])
    assert back.content == BODY
    assert back.headers["content-type"] == "image/png"
    assert back.headers["etag"] == f'"{hashlib.md5(BODY).hexdigest()}"'

    ledger = talker.sandbox.ledger
    assert ledger.presigns == {"cats/my cat.png": 1}
    assert ledger.uploads == {hashlib.sha256(BODY).hexdigest(): 1}
    assert ledger.bytes_uploaded == len(BODY)
    assert ledger.charged == {"storage": 1}


def test_the_legacy_route_and_prefixes(talker: Talker) -> None:
    given = talker.post("r2/get_upload_presigned_url", {"key": "a.png", "urlPrefix": "mine"}).json()["data"]
    assert given["key"].startswith("mine/stable/user/")
    assert put(talker, given["uploadUrl"]).status_code == 200
    assert talker.post("r2/upload-presigned-url", {}).status_code == 400
    assert talker.post("r2/upload-presigned-url", {"key": "a", "expiresIn": 59}).status_code == 400


def test_a_put_that_is_not_what_was_signed_is_refused(talker: Talker) -> None:
    given = presign(talker, contentType="image/png", fileSize=7, contentLength=len(BODY))["uploadUrl"]
    right = {"content-type": "image/png"}

    for status, url, content, headers in (
        (403, given, BODY, {"content-type": "image/jpeg"}),
        (403, given, BODY, {}),
        (403, given, BODY[:-1], right),
        (403, given, BODY, {**right, "authorization": "Bearer x"}),
        (403, given.replace("my%20cat", "another"), BODY, right),
        (403, given[:-1] + ("0" if given[-1] != "0" else "1"), BODY, right),
        (403, given.partition("?")[0], BODY, right),
    ):
        reply = put(talker, url, content, headers)
        assert reply.status_code == status
        assert reply.headers["content-type"] == "application/xml"

    assert talker.sandbox.ledger.uploads == {}
    assert put(talker, given, headers=right).status_code == 200


def test_a_put_of_unknown_length_is_refused(talker: Talker) -> None:
    def chunks() -> Iterator[bytes]:
        yield BODY

    assert talker.files.put(presign(talker)["uploadUrl"], content=chunks()).status_code == 411


def test_presigned_urls_expire(talker: Talker) -> None:
    given = presign(talker, expiresIn=60)
    talker.clock.advance(59)
    assert put(talker, given["uploadUrl"]).status_code == 200
    talker.clock.advance(1)
    assert put(talker, given["uploadUrl"]).status_code == 403


def test_large_files_go_through_the_disk_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    content = media.pattern(3 * 1024 * 1024 + 5)
    with talking() as talker:
        given = presign(talker, contentLength=len(content))
        assert put(talker, given["uploadUrl"], content).status_code == 200
        assert put(talker, given["uploadUrl"], content).status_code == 200
        assert len(list(tmp_path.glob("*/*"))) == 1
        assert talker.files.get(given["cdnUrl"]).content == content
    assert list(tmp_path.iterdir()) == []


def test_the_store_has_a_bound() -> None:
    with talking(max_upload=100) as talker:
        url = presign(talker)["uploadUrl"]
        assert put(talker, url, b"x" * 101).status_code == 413
        assert put(talker, url, b"x" * 100).status_code == 200


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=90-900", 206, slice(90, None)),
        ("bytes=100-", 416, slice(0, 0)),
        ("bytes=9-3", 416, slice(0, 0)),
        ("lines=0-9", 200, slice(None)),
        ("bytes=0-1,4-5", 200, slice(None)),
    ],
)
def test_downloads_by_range(talker: Talker, asked: str, status: int, part: slice) -> None:
    whole = media.pattern(100)
    url = talker.sandbox.file_url(100)
    reply = talker.files.get(url, headers={"range": asked})
    assert reply.status_code == status
    if status == 206:
        first = range(100)[part][0]
        assert reply.headers["content-range"] == f"bytes {first}-{first + len(whole[part]) - 1}/100"
    if status == 416:
        assert reply.headers["content-range"] == "bytes */100"
    else:
        assert reply.content == whole[part]


def test_a_range_of_another_version_gives_the_whole(talker: Talker) -> None:
    url = talker.sandbox.file_url(100)
    etag = talker.files.get(url).headers["etag"]
    headers = {"range": "bytes=50-", "if-range": etag}
    assert talker.files.get(url, headers=headers).status_code == 206
    assert talker.files.get(url, headers={**headers, "if-range": '"older"'}).status_code == 200


def test_head_and_big_files(talker: Talker) -> None:
    size = 300_000
    url = talker.sandbox.file_url(size)
    head = talker.files.head(url)
    assert head.headers["content-length"] == str(size)
    assert head.content == b""
    assert talker.files.get(url).content == media.pattern(size)
    assert media.pattern_slice(65_530, 131_080) == media.pattern(size)[65_530:131_080]
    assert talker.sandbox.ledger.bytes_downloaded == size
    assert talker.files.get(talker.sandbox.file_url(0)).content == b""


@pytest.mark.parametrize(
    "path", ["/files/bytes/x", "/results/x/0.png", "/results/x", "/cdn/none", "/upload/x", "/files/bytes/-1"]
)
def test_files_that_are_none(talker: Talker, path: str) -> None:
    assert talker.files.get(talker.sandbox.origin + path).status_code == 404


def test_results_are_there_once_the_task_is_done(talker: Talker) -> None:
    identity = talker.start("userImage2Video/start")["_id"]
    guess = f"{talker.sandbox.files_origin}/results/{identity}/0.mp4"
    assert talker.files.get(guess).status_code == 404
    talker.finish()
    assert talker.files.get(guess).status_code == 200
    assert talker.files.post(guess).status_code == 405
    assert talker.files.get(guess.replace("/0.", "/1.")).status_code == 404


def test_results_and_uploads_can_expire() -> None:
    with talking(result_ttl=3600.0, durations={"*": 10.0}) as talker:
        given = presign(talker)
        put(talker, given["uploadUrl"])
        identity = talker.start("userImage2Video/start")["_id"]
        talker.clock.advance(10)
        url = talker.get(f"userImage2Video/{identity}").json()["data"]["result_url"]
        assert talker.files.get(url).status_code == 200
        talker.clock.advance(3600)
        assert talker.files.get(url).status_code == 403
        assert talker.files.get(given["cdnUrl"]).status_code == 404


def test_some_results_are_not_what_their_names_say(talker: Talker) -> None:
    urls = []
    for _ in range(12):
        identity = talker.start("userText2Image/start")["_id"]
        talker.finish()
        urls += talker.get(f"userText2Image/{identity}").json()["data"]["image_urls"]
    assert any(not url.endswith(".png") for url in urls)
    starts = {talker.files.get(url).content[:3] for url in urls if url.endswith(".png")}
    assert starts == {b"\x89PN", b"\xff\xd8\xff", b"RIF"}
    bare = next(url for url in urls if not url.endswith(".png"))
    assert talker.files.get(bare).headers["content-type"] == "application/octet-stream"


def test_or_they_are() -> None:
    with talking(odd_files=False) as talker:
        for _ in range(8):
            talker.start("userText2Image/start")
        talker.finish()
        for row in talker.get("userText2Image/allRecords").json()["data"]["rows"]:
            (url,) = row["image_urls"]
            assert url.endswith(".png")
            assert talker.files.get(url).content.startswith(b"\x89PNG")


# The media themselves


@pytest.mark.parametrize("kind", media.CONTENT_TYPES)
def test_every_file_carries_its_seed(kind: str) -> None:
    assert b"one seed" in media.make(kind, "one seed")
    assert media.make(kind, "a") == media.make(kind, "a") != media.make(kind, "b")


def test_png() -> None:
    data = media.make("png", "seed")[8:]
    chunks = {}
    while data:
        (length,) = struct.unpack(">I", data[:4])
        assert zlib.crc32(data[4 : 8 + length]) == struct.unpack(">I", data[8 + length : 12 + length])[0]
        chunks[data[4:8]] = data[8 : 8 + length]
        data = data[12 + length :]
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (1 + 3 * width)
    assert list(chunks)[-1] == b"IEND"


def test_jpeg() -> None:
    for number in range(50):
        data = media.make("jpg", f"seed {number}")
        assert data.startswith(b"\xff\xd8")
        assert data.endswith(b"\xff\xd9")

        position, markers = 2, []
        while data[position + 1] != 0xDA:
            markers.append(data[position + 1])
            position += 2 + struct.unpack(">H", data[position + 2 : position + 4])[0]
        assert markers == [0xE0, 0xFE, 0xDB, 0xC0, 0xC4, 0xC4]

        scan = data[position + 10 : -2]
        assert not re.search(rb"\xff[^\x00]", scan)

        bits = "".join(f"{byte:08b}" for byte in scan.replace(b"\xff\x00", b"\xff"))
        assert bits[0] == "0"  # category 8
        assert 128 <= int(bits[1:9], 2) <= 255
        assert bits[9] == "0"  # end of block
        assert set(bits[10:]) <= {"1"}


def test_webp() -> None:
    data = media.make("webp", "seed")
    assert data[:4] + data[8:16] == b"RIFFWEBPVP8L"
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    bits = int.from_bytes(data[20:], "little")
    assert bits & 0xFF == 0x2F
    assert (bits >> 8 & 0x3FFF) + 1 == 16


def test_mp4() -> None:
    data = media.make("mp4", "seed")

    def boxes(start: int, end: int) -> dict[bytes, tuple[int, int]]:
        found = {}
        while start < end:
            size, kind = struct.unpack(">I4s", data[start : start + 8])
            assert size >= 8
            found[kind] = (start + 8, start + size)
            start += size
        assert start == end
        return found

    top = boxes(0, len(data))
    assert list(top) == [b"ftyp", b"free", b"moov", b"mdat"]
    inside = top[b"moov"]
    for name in (b"trak", b"mdia", b"minf", b"stbl"):
        inside = boxes(*inside)[name]
    table = boxes(*inside)
    offset = struct.unpack(">I", data[table[b"stco"][0] + 8 : table[b"stco"][0] + 12])[0]
    assert offset == top[b"mdat"][0]
    size = struct.unpack(">I", data[table[b"stsz"][0] + 4 : table[b"stsz"][0] + 8])[0]
    assert data[offset : offset + 2] == b"\xff\xd8"
    assert data[offset + size - 2 : offset + size] == b"\xff\xd9"
    assert offset + 2 * size == len(data)


def test_wav() -> None:
    with wave.open(BytesIO(media.make("wav", "seed"))) as sound:
        assert sound.getframerate() == 8000
        assert len(sound.readframes(1000)) == sound.getnframes() == 800


def test_mp3() -> None:
    data = media.make("mp3", "seed")
    size = data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9]
    frames = data[10 + size :]
    assert len(frames) % 104 == 0
    assert all(frames[at : at + 4] == b"\xff\xfb\x10\xc4" for at in range(0, len(frames), 104))
