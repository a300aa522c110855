"""Uploads by presigned URL, downloads by Range, and valid media files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
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
