"""Replies to presigning: in every shape they give two URLs, or an error that says what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from a2e_async._files.presign import Presign, presigner
from a2e_async._spec.operation import Call
from a2e_async.errors import UploadError
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

PUT = "https://acct.r2.example.com/3days-apac/adam2eve/stable/user/u1/ab12/cat.png?X-Amz-Signature=hunter2"
CDN = "https://cdn.example.com/adam2eve/stable/user/u1/ab12/cat.png"
FULL = "adam2eve/stable/user/u1/ab12/cat.png"
BUILT = f"https://3days-apac.ai2everyone.com/{FULL}"


def presigning(data: object) -> tuple[Presign, list[Call]]:
    calls: list[Call] = []

    async def send(call: Call) -> Any:
        calls.append(call)
        return data

    return presigner(send), calls


async def urls_of(data: object) -> tuple[str, str]:
    presign, calls = presigning(data)
    urls = await presign("ab12/cat.png", "image/png", 7)
    assert len(calls) == 1
    return urls


async def test_the_request_binds_type_and_length() -> None:
    presign, calls = presigning({"uploadUrl": PUT, "cdnUrl": CDN})
    await presign("ab12/cat.png", "image/png", 7)
    (call,) = calls
    assert (call.method, call.path) == ("POST", "/api/v1/r2/upload-presigned-url")
    assert call.body == {"key": "ab12/cat.png", "contentType": "image/png", "contentLength": 7}


@pytest.mark.parametrize(
    "data",
    [
        {"uploadUrl": PUT, "cdnUrl": CDN, "key": FULL, "bucket": "b", "expiresIn": 300},
        {"upload_url": PUT, "cdn_url": CDN},
        {"presignedUrl": PUT, "publicUrl": CDN},
        {"signedUrl": PUT, "fileUrl": CDN},
        [{"uploadUrl": PUT, "cdnUrl": CDN}],
        {"uploadUrl": PUT, "cdnUrl": "", "publicUrl": CDN},
        {"uploadUrl": PUT, "cdnUrl": None, "url": PUT, "accessUrl": CDN},
        {"uploadUrl": PUT, "cdnUrl": CDN.removeprefix("https:")},
    ],
)
async def test_the_urls_under_every_name(data: object) -> None:
    assert await urls_of(data) == (PUT, CDN)


@pytest.mark.parametrize(
    "members",
    [
        {"key": FULL, "bucket": "3days-apac"},
        {"key": f"/{FULL}", "bucket": "3days-apac", "cdnUrl": None},
        {"key": FULL, "bucket": "3days-apac", "cdnUrl": ""},
        {"key": FULL},
        {"key": FULL, "bucket": "../evil.example.com"},
        {"bucket": "3days-apac"},
        {},
    ],
)
async def test_a_reply_without_a_public_url_gives_bucket_and_key(members: dict[str, Any]) -> None:
    assert await urls_of({"uploadUrl": PUT, **members}) == (PUT, BUILT)
    assert await urls_of([{"uploadUrl": PUT, **members}]) == (PUT, BUILT)


async def test_a_key_is_quoted_and_another_bucket_is_used() -> None:
    data = {"uploadUrl": PUT, "key": "user/my cat?.png", "bucket": "a2e-bucket"}
    assert (await urls_of(data))[1] == "https://a2e-bucket.ai2everyone.com/user/my%20cat%3F.png"


@pytest.mark.parametrize(
    ("data", "missing"),
    [
        ({}, "uploadUrl"),
        (None, "uploadUrl"),
        ("https://x.test/y", "uploadUrl"),
        ([], "uploadUrl"),
        ({"cdnUrl": CDN}, "uploadUrl"),
        ({"uploadUrl": "not a URL", "cdnUrl": CDN}, "uploadUrl"),
        ({"uploadUrl": "ftp://x.test/y", "cdnUrl": CDN}, "uploadUrl"),
        ({"uploadUrl": "https://[broken", "cdnUrl": CDN}, "uploadUrl"),
        ({"uploadUrl": "https://acct.r2.example.com/elsewhere?sig=hunter2"}, "cdnUrl"),
        ({"uploadUrl": "https://acct.r2.example.com/elsewhere?sig=hunter2", "cdnUrl": 7}, "cdnUrl"),
    ],
)
async def test_an_error_names_what_is_missing_and_no_signature(data: object, missing: str) -> None:
    with pytest.raises(UploadError, match=missing) as info:
        await urls_of(data)
    assert "hunter2" not in str(info.value)
