"""Families that differ from the rest, each used through the same Job, Task and Result."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from a2e_async import (
    A2E,
    ConfigurationError,
    InvalidRequest,
    ModerationError,
    NotReady,
    TaskFailed,
    TaskRejected,
    WaitTimeout,
)
from a2e_async.sandbox import Sandbox, VirtualClock
from tests.conformance.samples import ANCHOR, media_url

pytestmark = pytest.mark.anyio

IMAGE, VIDEO, SOUND = media_url("image"), media_url("video"), media_url("audio")
LONG = 100_000.0


@pytest.fixture
def clock(sandbox: Sandbox) -> VirtualClock:
    assert isinstance(sandbox.clock, VirtualClock)
    return sandbox.clock


# Avatar videos: `status`, progress `process`, detail by query, result in `result`


async def test_an_avatar_video_and_its_progress(a2e: A2E, sandbox: Sandbox) -> None:
    job = a2e.avatar_video(anchor_id=ANCHOR, anchor_type=0, audio_src=SOUND, title="Ada speaks")
    task = await job.start()
    assert task.record.status in ("init", "start", "pending", "process")

    seen: list[int] = []
    while (record := await task.refresh()).status not in ("success", "fail"):
        assert record.process is not None
        seen.append(record.process)
        await sandbox.clock.sleep(0.5)

    assert seen == sorted(seen)
    assert 0 < max(seen) < 100
    assert record.process == 100

    result = await task.wait()
    assert result.urls == (result.record.result,)
    assert result.ids == (task.id,), "anchor_id is an input here"
    assert (await a2e.avatar_video.get(task.id)).result == result.record.result
    assert sandbox.ledger.requests["GET /api/v1/video/detail"] >= len(seen)


async def test_an_avatar_video_that_fails(a2e: A2E) -> None:
    job = a2e.avatar_video(anchor_id=ANCHOR, anchor_type=0, audio_src=media_url("audio", "sandbox:fail"))
    with pytest.raises(TaskFailed) as caught:
        await job.run()
    assert caught.value.reason == "The generation failed."
    assert caught.value.record.status == "fail"


# Video twins: three starts, result `anchor_id`


async def test_a_video_twin_from_training_to_an_avatar_video(a2e: A2E, sandbox: Sandbox) -> None:
    result = await a2e.video_twin(name="me", video_url=VIDEO).run()
    assert result.ids == (result.record.anchor_id,)
    assert result.ids != (result.task.id,)
    assert result.urls == (result.record.preview_result_url,)

    avatar = a2e.avatar_video(anchor_id=result.ids[0], anchor_type=1, audio_src=SOUND)
    assert (await avatar.run()).record.raw["anchor_id"] == result.ids[0]

    made = sandbox.ledger.made("video_twin")
    for further in (
        a2e.video_twin.continue_training(result.task.id),
        a2e.video_twin.eye_contact(id=result.task.id),
    ):
        task = await further.start()
        assert task.id == result.task.id
        assert task.record.status == "pending"
        again = await task.wait()
        assert again.ids == result.ids

    assert sandbox.ledger.made("video_twin") == made + 2
    record = await a2e.video_twin.get(result.task.id)
    assert record.anchor_id == result.ids[0]


async def test_a_further_start_that_says_no_more_than_yes(clock: VirtualClock) -> None:
    """The shape of its reply is unknown; only the twin's id is sure."""
    asked = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path.endswith("continueTraining"):
            return httpx.Response(200, json={"code": 0, "data": {}})
        return httpx.Response(200, json={"code": 0, "data": [{"_id": ANCHOR, "current_status": "completed"}]})

    a2e = A2E(token="sk_x", base_url="https://a2e.test", transport=httpx.MockTransport(answer), clock=clock)
    result = await a2e.video_twin.continue_training(ANCHOR).run()
    assert result.task.id == ANCHOR
    assert len(asked) == 2


async def test_a_refusal_of_a_further_start_is_no_task(clock: VirtualClock) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"code": 0, "data": {"allowed": False, "message": "not allowed"}})

    a2e = A2E(token="sk_x", base_url="https://a2e.test", transport=httpx.MockTransport(answer), clock=clock)
    with pytest.raises(TaskRejected, match="not allowed"):
        await a2e.video_twin.continue_training(ANCHOR).run()


# Voices: `pendding`, no batch, the result is the id


async def test_a_voice_from_training_to_speech(a2e: A2E, sandbox: Sandbox) -> None:
    task = await a2e.voice(name="mine", voice_urls=[SOUND]).start()
    seen = set()
    while (record := await task.refresh()).status != "completed":
        seen.add(record.status)
        await sandbox.clock.sleep(0.3)
    assert "pendding" in seen

    result = await task.wait()
    assert result.ids == (task.id,)
    assert result.urls == ()
    assert (await a2e.voice.update(task.id, name="renamed")) is not None

    renamed = await a2e.voice.get(task.id)
    assert (renamed.name, renamed.train_mode) == ("renamed", "default")
    assert task.id in [record.id async for record in a2e.voice.completed_record()]
    assert (await a2e.tts.send_tts(msg="hello", user_voice_id=result.ids[0])).startswith("http")


# Dubbing: nothing of its body is declared


async def test_dubbing_takes_any_body(a2e: A2E, sandbox: Sandbox) -> None:
    job = a2e.dubbing(
        body={"source_url": VIDEO, "target": {"language": "es"}}, webhook_url="https://e.com/hook"
    )
    result = await job.run()
    assert result.record.raw["target"] == {"language": "es"}
    assert result.record.raw["source_url"] == VIDEO
    assert result.urls == (result.record.result_url,)
    running = await a2e.dubbing(body={"source_url": VIDEO}).start()
    assert running.id in [record.id for record in await a2e.dubbing.all_processing()]


# Face swaps: the status by query, `faild_message`


async def test_a_face_swap_preview_is_read_by_query(a2e: A2E, sandbox: Sandbox) -> None:
    result = await a2e.face_swap_preview(video_url=VIDEO, face_url=IMAGE).run()
    assert result.urls == (result.record.result_url,)
    assert (result.record.video_url, result.record.face_url) == (VIDEO, IMAGE)
    assert (await a2e.face_swap_preview.status(result.task.id)).result_url == result.record.result_url
    assert result.coins is None, "this family does not report them"


@pytest.mark.parametrize("resource", ["face_swap_task", "face_swap_preview"])
async def test_a_face_swap_that_fails(resource: str, a2e: A2E) -> None:
    name = {"name": "x"} if resource == "face_swap_task" else {}
    job = getattr(a2e, resource)(**name, video_url=VIDEO, face_url=media_url("face", "sandbox:fail"))
    with pytest.raises(TaskFailed, match="The generation failed") as caught:
        await job.run()
    record: Any = caught.value.record
    assert record.failure == record.raw["faild_message"]
    assert record.error_code == "1005"


async def test_the_faces_of_face_swaps(a2e: A2E) -> None:
    faces = await a2e.face_swap_image.add(face_url=IMAGE)
    assert faces[0].face_url == IMAGE
    identity = str(faces[0].raw["_id"])
    assert identity in [face.raw["_id"] async for face in a2e.face_swap_image.list()]
    await a2e.face_swap_image.delete(identity)
    assert identity not in [face.raw["_id"] async for face in a2e.face_swap_image.list()]


# Several tasks from one start


async def test_a_text_to_image_that_is_complete_at_once_is_not_polled(a2e: A2E, sandbox: Sandbox) -> None:
    before = sandbox.ledger.count("text_to_image.*")
    task = await a2e.text_to_image(prompt="sandbox:sync", max_images=2).start()
    assert task.record.status == "completed"
    result = await task.wait()
    assert len(result.urls) == 2
    assert sandbox.ledger.count("text_to_image.*") == before + 1


@pytest.mark.parametrize(
    ("resource", "arguments"),
    [
        ("image_to_video", {"image_url": IMAGE, "number_of_images": 3}),
        ("text_to_image", {"prompt": "x", "max_images": 3}),
        ("kling_image", {"name": "x", "prompt": "x", "n": 3}),
    ],
)
async def test_several_tasks_of_one_start(
    resource: str, arguments: dict[str, Any], a2e: A2E, sandbox: Sandbox
) -> None:
    task = await getattr(a2e, resource)(**arguments).start()
    assert len(set(task.ids)) == 3
    result = await task.wait()
    assert [record.id for record in result.records] == list(task.ids)
    assert len(set(result.urls)) == 3
    coins = {entry.id: entry.coins for entry in sandbox.ledger.of(resource)}
    assert result.coins == sum(coins[identity] for identity in task.ids)


async def test_one_of_several_tasks_may_fail(a2e: A2E, clock: VirtualClock) -> None:
    records = [
        {"_id": "a" * 24, "current_status": "completed", "result_url": "https://cdn.example.com/1.mp4"},
        {"_id": "b" * 24, "current_status": "failed", "failed_message": "no"},
    ]

    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"code": 0, "data": records})

    client = A2E(
        token="sk_x", base_url="https://a2e.test", transport=httpx.MockTransport(answer), clock=clock
    )
    result = await client.image_to_video(image_url=IMAGE, number_of_images=2).run()
    assert [record.id for record in result.records] == ["a" * 24]
    assert [record.failure for record in result.failed] == ["no"]
    assert result.urls == ("https://cdn.example.com/1.mp4",)


# GPT Image and its siblings: a list or an object, a 200 without a task, a status of its own


@pytest.mark.parametrize("model", ["gpt-image-1.5", "gpt-image-2"])
async def test_gpt_image_answers_with_an_object_or_a_list(model: Any, a2e: A2E) -> None:
    result = await a2e.gpt_image(name="x", prompt="x", model=model).run()
    assert result.urls == tuple(result.record.image_urls or ())
    assert len(result.urls) == 1


@pytest.mark.parametrize("resource", ["gpt_image", "nano_banana", "flux2", "wan26_image", "wan27_image"])
async def test_a_200_without_a_task_is_a_rejection(resource: str, a2e: A2E, sandbox: Sandbox) -> None:
    balance = sandbox.balance
    with pytest.raises(TaskRejected, match="NSFW content detected") as caught:
        await getattr(a2e, resource)(name="x", prompt="sandbox:nsfw").run()
    assert caught.value.body["data"]["nsfw"] is True
    assert sandbox.balance == balance


async def test_a_status_that_says_nsfw_is_a_failure(a2e: A2E) -> None:
    with pytest.raises(TaskFailed) as caught:
        await a2e.gpt_image(name="x", prompt="sandbox:nsfw-status").run()
    assert caught.value.record.status == "nsfw"


@pytest.mark.parametrize(
    ("resource", "detail", "delete"),
    [
        ("nano_banana", "userNanoBanana/detail", "userNanoBanana/delete"),
        ("flux2", "userFlux2/detail", "userFlux2"),
        ("gpt_image", "userGptImage/detail", "userGptImage"),
    ],
)
async def test_detail_and_delete_have_paths_of_their_own(
    resource: str, detail: str, delete: str, a2e: A2E, sandbox: Sandbox
) -> None:
    family = getattr(a2e, resource)
    result = await family(name="x", prompt="x").run()
    assert (await family.get(result.task.id)).raw["image_urls"] == list(result.urls)
    await family.delete(result.task.id)
    requests = sandbox.ledger.requests
    assert requests[f"GET /api/v1/{detail}/{{id}}"] > 0
    assert requests[f"DELETE /api/v1/{delete}/{{id}}"] > 0
    statuses = {"status": "completed"} if resource != "gpt_image" else {}
    assert result.task.id not in [record.id async for record in family.list(**statuses)]


async def test_paging_that_is_required_is_always_sent(a2e: A2E) -> None:
    made = {(await a2e.nano_banana(name="x", prompt="x").start()).id for _ in range(3)}
    assert made <= {record.id async for record in a2e.nano_banana.list()}
    made = {
        (await a2e.face_swap_task(name="x", video_url=VIDEO, face_url=IMAGE).start()).id for _ in range(3)
    }
    assert made <= {record.id async for record in a2e.face_swap_task.list()}


# Veo in 1080p: 202 until it is ready, then a result


async def test_veo_in_1080p(a2e: A2E, tmp_path: Any) -> None:
    result = await a2e.veo_video(prompt="x", aspect_ratio="16:9").run()
    with pytest.raises(NotReady) as caught:
        await a2e.veo_video.get_1080p(result.task.id)
    assert caught.value.status == 202

    with pytest.raises(WaitTimeout, match="1080p is not ready after 3 s"):
        await a2e.veo_video.get_1080p(result.task.id, timeout=3)
    full = await a2e.veo_video.get_1080p(result.task.id, timeout=600)
    assert full.record.raw["resolution"] == "1080p"
    assert len(full.urls) == 1
    assert full.elapsed > 0
    assert len(await full.download(tmp_path)) == 1
    assert (await a2e.veo_video.get_1080p(result.task.id)).urls == full.urls


@pytest.mark.parametrize("timeout", [0, -1, "5", True])
async def test_veo_in_1080p_waits_for_a_time(timeout: Any, a2e: A2E, sandbox: Sandbox) -> None:
    before = sandbox.ledger.count("veo_video.*")
    with pytest.raises(ValueError, match="timeout"):
        await a2e.veo_video.get_1080p(ANCHOR, timeout=timeout)
    assert sandbox.ledger.count("veo_video.*") == before


async def test_veo_in_1080p_is_for_16_to_9_only(a2e: A2E) -> None:
    result = await a2e.veo_video(prompt="x", aspect_ratio="9:16").run()
    with pytest.raises(InvalidRequest, match="16:9"):
        await a2e.veo_video.get_1080p(result.task.id, timeout=600)


@pytest.mark.parametrize(
    "data",
    [
        "https://cdn.example.com/hd.mp4",
        {"url": "https://cdn.example.com/hd.mp4"},
        {"videoUrl": "https://cdn.example.com/hd.mp4"},
    ],
    ids=["text", "url", "videoUrl"],
)
async def test_veo_in_1080p_whatever_the_reply_calls_it(data: Any, clock: VirtualClock) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"code": 0, "data": data})

    a2e = A2E(token="sk_x", base_url="https://a2e.test", transport=httpx.MockTransport(answer), clock=clock)
    assert (await a2e.veo_video.get_1080p(ANCHOR)).urls == ("https://cdn.example.com/hd.mp4",)


# The rest


async def test_a_photobook_has_all_its_pictures(a2e: A2E) -> None:
    result = await a2e.photobook(face_image_url=IMAGE, total_count=8).run()
    assert len(set(result.urls)) == 8


async def test_hailuo_is_polled_without_a_batch_and_seedance_through_its_list(
    a2e: A2E, sandbox: Sandbox
) -> None:
    assert (await a2e.hailuo_video(prompt="x", image_url=IMAGE).run()).urls
    assert (await a2e.seedance_video(prompt="x").run()).urls
    requests = sandbox.ledger.requests
    assert requests["GET /api/v1/hailuoVideo/{_id}"] > 0
    assert requests["GET /api/v1/seedanceVideo/allRecords"] > 0


async def test_wan30_refuses_to_run_before_money_is_spent(a2e: A2E, sandbox: Sandbox) -> None:
    job = a2e.wan30(model="wan3.0-video", input={"prompt": "x"}, parameters={})
    balance, before = sandbox.balance, sandbox.ledger.count("api")
    with pytest.raises(ConfigurationError, match=r"wan30: .* use start"):
        await job.run()
    assert (sandbox.balance, sandbox.ledger.count("api")) == (balance, before)
    task = await job.start()
    assert task.id in [entry.id for entry in sandbox.ledger.of("wan30")]
    for back in (task.wait, task.refresh, a2e.wan30.task(task.id).wait):
        with pytest.raises(ConfigurationError, match="wan30"):
            await back()


async def test_head_swap_decides_by_its_target(a2e: A2E, tmp_path: Any) -> None:
    video = await a2e.head_swap(image_url=IMAGE, target_image_url=VIDEO).run()
    image = await a2e.head_swap(image_url=IMAGE, target_image_url=IMAGE).run()
    assert [path.suffix for path in await video.download(tmp_path)] == [".mp4"]
    assert {path.suffix for path in await image.download(tmp_path)} <= {".png", ".jpg"}
    with pytest.raises(ModerationError):
        await a2e.head_swap(image_url=media_url("image", "sandbox:minor"), target_image_url=IMAGE).run()


async def test_a_failed_task_is_retried_under_its_id(a2e: A2E) -> None:
    failed = await a2e.caption_removal(name="sandbox:fail", source_url=VIDEO).start()
    with pytest.raises(TaskFailed):
        await failed.wait(timeout=LONG)
    again = await a2e.caption_removal.retry(body={"_id": failed.id})
    assert again.id == failed.id
    assert (await a2e.caption_removal.task(failed.id).wait(timeout=LONG)).urls
