"""Failed PUTs: repeated with the same presigned URL, which is replaced only when it has expired."""

from __future__ import annotations

from typing import Any

import pytest

from a2e_async._files.uploads import Uploader
from a2e_async.errors import ConnectionFailed, InsufficientCredits, RequestTimeout, UploadError
from a2e_async.policies import RetryPolicy
from tests.unit.files.kit import BIG, PNG, Answer, Fault, ManualClock, Storage, bench


@pytest.mark.anyio
@pytest.mark.parametrize(
    "fault",
    [
        ConnectionFailed("reset"),
        ConnectionFailed("refused", delivered=False),
        RequestTimeout("slow"),
        Answer(500),
        Answer(503),
        Answer(429, {"retry-after": "7"}),
        Answer(408),
        Answer(522),
    ],
    ids=repr,
)
async def test_a_failed_put_goes_to_the_same_url_again(fault: Fault) -> None:
    b = bench(fault, fault, None)
    await b.uploader.upload(BIG)
    assert len(b.service.calls) == 1
    assert len({put.url for put in b.storage.puts}) == 1
    assert b.storage.puts[-1].body == BIG
    if isinstance(fault, Answer) and fault.headers:
        assert b.clock.sleeps == [7.5, 7.5]
    else:
        assert b.clock.sleeps == [0.5, 1.0]


@pytest.mark.anyio
async def test_after_the_last_attempt_the_url_is_kept_for_the_next_call() -> None:
    b = bench(*[Answer(503)] * 3, ConnectionFailed("reset"))
    with pytest.raises(UploadError, match="gave up after 4 attempts: reset"):
        await b.uploader.upload(PNG)
    b.clock.time += 3000
    await b.uploader.upload(PNG)
    assert len(b.service.calls) == 1
    assert len({put.url for put in b.storage.puts}) == 1


@pytest.mark.anyio
async def test_the_last_status_is_in_the_error() -> None:
    b = bench(*[Answer(503)] * 4)
    with pytest.raises(UploadError, match="HTTP 503") as caught:
        await b.uploader.upload(PNG)
    assert caught.value.status == 503


REFUSAL = (
    b"<?xml version='1.0'?><Error><Code>SignatureDoesNotMatch</Code><Message>Check your key</Message>"
    b"<StringToSign>AWS4 secret</StringToSign></Error>" + b" " * 9000
)


@pytest.mark.anyio
async def test_a_refusal_is_reported_in_the_storages_words_without_the_signature() -> None:
    b = bench(Answer(403, body=REFUSAL))
    with pytest.raises(UploadError, match="SignatureDoesNotMatch: Check your key") as caught:
        await b.uploader.upload(PNG)
    assert caught.value.status == 403
    assert "secret" not in str(caught.value)
    assert "X-Amz" not in str(caught.value)
    assert len(b.service.calls) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("status", [301, 307, 400, 404, 413, 501])
async def test_other_refusals_are_final(status: int) -> None:
    b = bench(Answer(status))
    with pytest.raises(UploadError) as caught:
        await b.uploader.upload(PNG)
    assert caught.value.status == status
    assert len(b.storage.puts) == 1


@pytest.mark.anyio
async def test_a_url_that_expired_during_the_retries_is_signed_again_once() -> None:
    b = bench(Answer(503, {"retry-after": "100"}), Answer(403), Answer(403), query="X-Amz-Expires=110")
    with pytest.raises(UploadError, match="403"):
        await b.uploader.upload(PNG)
    assert len(b.service.calls) == 2
    assert len({put.url for put in b.storage.puts}) == 2


@pytest.mark.anyio
async def test_a_url_that_is_known_to_be_dead_is_not_tried() -> None:
    b = bench(Answer(503, {"retry-after": "100"}), None, query="X-Amz-Expires=90")
    await b.uploader.upload(PNG)
    assert len(b.service.calls) == 2
    assert len(b.storage.puts) == 2


@pytest.mark.anyio
@pytest.mark.parametrize(("wait", "presigns"), [(10, 1), (70, 2)])
async def test_without_a_known_lifetime_a_refused_url_may_be_old_after_a_minute(
    wait: int, presigns: int
) -> None:
    b = bench(Answer(503, {"retry-after": str(wait)}), Answer(403), query="")
    if presigns == 1:
        with pytest.raises(UploadError, match="403"):
            await b.uploader.upload(PNG)
    else:
        await b.uploader.upload(PNG)
    assert len(b.service.calls) == presigns


@pytest.mark.anyio
async def test_a_storage_that_says_expired_is_believed() -> None:
    b = bench(Answer(403, body=b"<Code>AccessDenied</Code><Message>Request has expired</Message>"))
    await b.uploader.upload(PNG)
    assert len(b.service.calls) == 2


@pytest.mark.anyio
async def test_a_refused_url_is_not_tried_by_the_next_call() -> None:
    b = bench(Answer(403))
    with pytest.raises(UploadError):
        await b.uploader.upload(PNG)
    await b.uploader.upload(PNG)
    assert len(b.service.calls) == 2


@pytest.mark.anyio
@pytest.mark.parametrize(
    "url", ["http://cdn.example/x", "ftp://x/y", "https://me:pw@cdn.example/x", "", None]
)
async def test_an_address_that_cannot_be_right_is_refused(url: Any) -> None:
    storage, clock = Storage(), ManualClock()

    async def presign(key: str, content_type: str, size: int) -> tuple[str, str]:
        return ("https://r2.example/x", url)

    with pytest.raises(UploadError, match="address"):
        await Uploader(storage, presign, clock=clock, retry=RetryPolicy()).upload(PNG)
    assert not storage.puts


@pytest.mark.anyio
async def test_a_presign_that_fails_is_raised_as_it_is_and_tried_again_by_the_next_call() -> None:
    b = bench()
    b.service.error = InsufficientCredits("no coins", status=402)
    with pytest.raises(InsufficientCredits):
        await b.uploader.upload(PNG)
    b.service.error = None
    await b.uploader.upload(PNG)
