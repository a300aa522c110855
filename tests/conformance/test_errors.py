"""Each way in which a family refuses, and the error that it becomes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from a2e_async import (
    A2E,
    APIError,
    AuthenticationError,
    InsufficientCredits,
    InvalidRequest,
    ModerationError,
    NotFound,
    PermissionDenied,
    RateLimited,
    RetryPolicy,
    ServerError,
    TaskFailed,
    TaskNotFound,
    TaskRejected,
)
from a2e_async.sandbox import Sandbox, VirtualClock
from tests.conformance.samples import ANCHOR, media_url, sample_arguments
from tests.conformance.workflows import BESIDES, READABLE, WORKFLOWS

pytestmark = pytest.mark.anyio

IMAGE, VIDEO, SOUND = media_url("image"), media_url("video"), media_url("audio")


def job_of(a2e: A2E, resource: str, word: str = "in", **given: Any) -> Any:
    start = WORKFLOWS[resource].routes.start
    return getattr(a2e, resource)(**sample_arguments(start, word, **{**BESIDES.get(start.path, {}), **given}))


# Moderation


@pytest.mark.parametrize(("word", "code"), [("minor", 1003), ("suspected-minor", 1004)])
@pytest.mark.parametrize(
    "resource", ["head_swap", "seedance2_video", "image_to_video", "wan_spicy", "happyhorse_video"]
)
async def test_a_minor_is_a_403_with_a_code(
    resource: str, word: str, code: int, a2e: A2E, sandbox: Sandbox
) -> None:
    balance, before = sandbox.balance, sandbox.ledger.count(f"{resource}.*")
    with pytest.raises(ModerationError) as caught:
        await job_of(a2e, resource, f"sandbox:{word}").run()
    assert (caught.value.status, caught.value.code) == (403, code)
    assert caught.value.path == WORKFLOWS[resource].routes.start.path
    assert sandbox.balance == balance
    assert sandbox.ledger.count(f"{resource}.*") == before + 1, "never sent again"


@pytest.mark.parametrize("resource", ["nano_banana", "gpt_image", "flux2"])
async def test_a_finding_of_nsfw_is_a_200_without_a_task(resource: str, a2e: A2E) -> None:
    with pytest.raises(TaskRejected, match="NSFW"):
        await job_of(a2e, resource, "sandbox:nsfw").run()
    result = await job_of(a2e, resource, "sandbox:nsfw", force_generate=True).run()
    assert result.urls


async def test_elsewhere_it_is_a_task_that_fails(a2e: A2E) -> None:
    with pytest.raises(TaskFailed, match="NSFW"):
        await job_of(a2e, "text_to_image", "sandbox:nsfw").run()


# Coins


@pytest.fixture
def poor(sandbox: Sandbox) -> Iterator[Sandbox]:
    coins = sandbox.balance
    sandbox.set_coins(0)
    yield sandbox
    sandbox.set_coins(coins)


@pytest.mark.parametrize("resource", WORKFLOWS)
async def test_too_few_coins_however_the_family_says_it(resource: str, a2e: A2E, poor: Sandbox) -> None:
    made = poor.ledger.made(resource)
    with pytest.raises(InsufficientCredits) as caught:
        await job_of(a2e, resource).start()
    statuses = {"flux2": 402, "head_swap": 400}
    assert caught.value.status == statuses.get(resource, 200)
    assert poor.ledger.made(resource) == made


async def test_too_few_coins_for_speech_and_for_files(a2e: A2E, poor: Sandbox) -> None:
    with pytest.raises(InsufficientCredits):
        await a2e.tts.send_tts(msg="hello", tts_id=ANCHOR)
    with pytest.raises(InsufficientCredits):
        await a2e.upload(b"\x89PNG\r\n\x1a\n of my own")


# Deleting


@pytest.mark.parametrize("resource", ["image_to_video", "head_swap", "photobook"])
async def test_a_task_that_runs_cannot_be_deleted(resource: str, a2e: A2E, sandbox: Sandbox) -> None:
    task = await job_of(a2e, resource).start()
    await sandbox.clock.sleep(2)
    with pytest.raises(InvalidRequest) as caught:
        await getattr(a2e, resource).delete(task.id)
    assert caught.value.status == 400
    await task.wait()
    await getattr(a2e, resource).delete(task.id)


async def test_a_deleted_task_is_gone(a2e: A2E) -> None:
    task = await job_of(a2e, "image_to_video").start()
    await task.wait()
    await a2e.image_to_video.delete(task.id)
    with pytest.raises(NotFound):
        await a2e.image_to_video.get(task.id)
    with pytest.raises(NotFound):
        await a2e.image_to_video.delete(task.id)


# Voices


async def test_the_quota_of_voices(a2e: A2E) -> None:
    with pytest.raises(PermissionDenied, match="limit") as caught:
        await a2e.voice(name="sandbox:quota", voice_urls=[SOUND]).start()
    assert caught.value.status == 403
    assert not isinstance(caught.value, ModerationError)


async def test_one_voice_at_a_time(a2e: A2E) -> None:
    task = await a2e.voice(name="x", voice_urls=[SOUND]).start()
    with pytest.raises(InvalidRequest, match="being trained"):
        await a2e.voice(name="y", voice_urls=[SOUND]).start()
    await task.wait()


# Refusals that the schema does not express


async def test_a_code_of_its_own(a2e: A2E) -> None:
    """The service answers with code 30005 to a body that avoids the check before sending."""
    extra = {"back_id": ANCHOR, "custom_back_id": ANCHOR}
    canvas = dict.fromkeys(("web_bg_width", "web_bg_height", "web_people_width", "web_people_height"), 100)
    with pytest.raises(APIError) as caught:
        await a2e.request(
            "POST",
            "/api/v1/video/generate",
            body={"anchor_id": ANCHOR, "anchor_type": 0, "audioSrc": SOUND, **canvas, **extra},
        )
    assert (type(caught.value), caught.value.status, caught.value.code) == (InvalidRequest, 400, "30005")


async def test_a_refused_body_keeps_the_words_of_the_service(a2e: A2E) -> None:
    with pytest.raises(InvalidRequest, match="Unsupported video format") as caught:
        await a2e.think_sound(video_url="https://e.com/video.gif").start()
    assert caught.value.trace_id is None or len(caught.value.trace_id) == 36
    with pytest.raises(InvalidRequest, match="prompt"):
        await a2e.request("POST", "/api/v1/userText2Image/start", body={})


# Ids, tokens, routes


@pytest.mark.parametrize("resource", [name for name in READABLE if WORKFLOWS[name].routes.get])
async def test_an_id_that_nobody_knows(resource: str, a2e: A2E) -> None:
    family = getattr(a2e, resource)
    get = "get" if hasattr(family, "get") else "status"
    with pytest.raises(NotFound) as caught:
        await getattr(family, get)(ANCHOR)
    assert caught.value.status == 404
    with pytest.raises(TaskNotFound):
        await family.task(ANCHOR).refresh()


@pytest.mark.parametrize("resource", ["image_to_video", "seedance_video", "hailuo_video", "avatar_video"])
async def test_waiting_for_an_id_that_nobody_knows(resource: str, a2e: A2E) -> None:
    with pytest.raises(TaskNotFound) as caught:
        await getattr(a2e, resource).task(ANCHOR).wait(timeout=10_000)
    assert caught.value.task_id == ANCHOR


@pytest.fixture
async def stranger(sandbox: Sandbox) -> AsyncIterator[A2E]:
    async with A2E(token="sk_not.this.one", base_url=sandbox.url, clock=sandbox.clock) as a2e:
        yield a2e


async def test_a_token_that_nobody_knows(stranger: A2E) -> None:
    for call in (
        job_of(stranger, "image_to_video").start(),
        stranger.tts.send_tts(msg="x", tts_id=ANCHOR),
        stranger.image_to_video.get(ANCHOR),
    ):
        with pytest.raises(AuthenticationError) as caught:
            await call
        assert caught.value.status == 401
    with pytest.raises(AuthenticationError):
        await stranger.image_to_video.list().first()


async def test_a_path_that_the_service_does_not_have(a2e: A2E) -> None:
    with pytest.raises(APIError) as caught:
        await a2e.request("GET", "/api/v1/userNewThing/allRecords")
    assert caught.value.status == 404
    assert "HTML" in str(caught.value)


# Busy and broken


@pytest.mark.parametrize(
    ("fault", "error"),
    [("status_429:1", RateLimited), ("status_500", ServerError), ("status_503", ServerError)],
)
async def test_busy_and_broken(fault: str, error: type[APIError], sandbox: Sandbox) -> None:
    once = RetryPolicy(attempts=1)
    async with A2E(token=sandbox.token, base_url=sandbox.url, clock=sandbox.clock, retry=once) as a2e:
        sandbox.script("transactions.credits_history", fault)
        with pytest.raises(error) as caught:
            await a2e.transactions.credits_history().first()
        assert getattr(caught.value, "retry_after", None) == (1.0 if "429" in fault else None)
        assert await a2e.transactions.credits_history().first() is not None


async def test_a_task_that_vanishes(sandbox: Sandbox) -> None:
    clock = VirtualClock(auto=True)
    with Sandbox(clock=clock) as own:
        async with A2E(token=own.token, base_url=own.url, clock=clock) as a2e:
            with pytest.raises(TaskNotFound):
                await job_of(a2e, "image_to_video", "sandbox:vanish").run()
