"""Rules that only the document's prose states: checked before sending, and refused by the service too."""

from __future__ import annotations

from typing import Any

import pytest

from a2e_async import A2E, InvalidArgument, InvalidRequest
from a2e_async._spec.field import forget_warnings
from a2e_async.sandbox import Sandbox
from tests.conformance.samples import ANCHOR, media_url, sample_arguments
from tests.conformance.workflows import BESIDES, WORKFLOWS, operations_of

pytestmark = pytest.mark.anyio

WAN, OMNI, ADAPTIVE = {"model": "wan2.7-i2v"}, "omni_reference_task_type", {"aspect_ratio": "adaptive"}
NEWEST = {"mode": "reference", "model_version": "2.5"}
FRAMES = "FIRST_AND_LAST_FRAMES_2_VIDEO"
IMAGE, VIDEO, SOUND = media_url("image"), media_url("video"), media_url("audio")
CANVAS = {"web_bg_width": 9, "web_bg_height": 9, "web_people_width": 9, "web_people_height": 9}
Arguments = dict[str, Any]


def images(number: int) -> list[str]:
    return [media_url("image", str(one)) for one in range(number)]


# Workflow, keywords besides the needed ones (None removes one), the field that the error names.
REFUSED: list[tuple[str, Arguments, str]] = [
    ("image_to_video", {"model_type": "FLF2V", "end_image_url": None}, "end_image_url"),
    ("image_to_video", {"number_of_images": 9}, "number_of_images"),
    ("text_to_image", {"input_images": images(3)}, "input_images"),
    ("text_to_image", {"model_type": "a2e", "input_images": images(3)}, "input_images"),
    ("text_to_image", {"model_type": "seedream", "input_images": images(11)}, "input_images"),
    ("gpt_image", {"prompt": "x" * 3001}, "prompt"),
    ("gpt_image", {"input_images": images(17)}, "input_images"),
    ("gpt_image", {"model": "gpt-image-2", "aspect_ratio": "1:1", "resolution": "4K"}, "resolution"),
    ("flux2", {"input_images": images(9)}, "input_images"),
    ("wan26_image", {"prompt": "x" * 2001}, "prompt"),
    ("wan26_image", {"negative_prompt": "x" * 501}, "negative_prompt"),
    ("wan26_image", {"input_images": images(5)}, "input_images"),
    ("wan27_image", {"prompt": "x" * 5001}, "prompt"),
    ("wan27_image", {"input_images": images(10)}, "input_images"),
    ("qwen2_image", {"size": "2048*2048"}, "size"),
    ("qwen2_image", {"size": "2048*1152", "model": "qwen-image-3.0"}, "size"),
    ("wan25", {"image_url": None}, "image_url"),
    ("wan25", {"task_type": "video_edit", "edit_video_url": VIDEO}, "task_type"),
    ("wan25", {"duration": "7"}, "duration"),
    ("wan25", {"duration": "15"}, "duration"),
    ("wan25", {"model": "wan2.6-i2v", "duration": "7"}, "duration"),
    ("wan25", {**WAN, "duration": "7"}, "duration"),
    ("wan25", {**WAN, "task_type": "first_last_frame", "last_frame_url": None}, "last_frame_url"),
    ("wan25", {**WAN, "task_type": "video_extend", "first_clip_url": None}, "first_clip_url"),
    ("wan25", {**WAN, "task_type": "video_edit", "edit_video_url": None}, "edit_video_url"),
    ("wan25", {**WAN, "task_type": "video_edit", "duration": "12"}, "duration"),
    (
        "wan25",
        {**WAN, "task_type": "video_edit", "reference_image_urls": images(4)},
        "reference_image_urls",
    ),
    ("wan25", {**WAN, "task_type": "reference_image", "reference_media": None}, "reference_media"),
    ("wan25", {**WAN, "task_type": "reference_image", "reference_media": []}, "reference_media"),
    ("wan26_r2v", {"reference_urls": images(6)}, "reference_urls"),
    ("wan_spicy", {"resolution": "480p"}, "resolution"),
    ("wan_spicy", {"duration": 16}, "duration"),
    ("wan_spicy", {"model": "wan2.2-i2v-spicy", "resolution": "1080p"}, "resolution"),
    ("wan_spicy", {"model": "wan2.2-i2v-spicy", "resolution": "720p", "duration": 6}, "duration"),
    ("happyhorse_video", {"mode": "t2v", "prompt": None}, "prompt"),
    ("happyhorse_video", {"mode": "t2v", "prompt": ""}, "prompt"),
    ("happyhorse_video", {"mode": "i2v", "image_url": None}, "image_url"),
    ("happyhorse_video", {"mode": "r2v", "reference_image_urls": []}, "reference_image_urls"),
    ("happyhorse_video", {"mode": "r2v", "reference_image_urls": images(10)}, "reference_image_urls"),
    ("happyhorse_video", {"mode": "video-edit", "edit_video_url": None}, "edit_video_url"),
    ("happyhorse_video", {"mode": "video-edit", "reference_image_urls": images(6)}, "reference_image_urls"),
    ("happyhorse_video", {"mode": "video-edit", "resolution": "480P"}, "resolution"),
    ("happyhorse_video", {"mode": "t2v", "duration": "7"}, "duration"),
    ("happyhorse_video", {"mode": "t2v", "model_version": "1.0", "resolution": "480P"}, "resolution"),
    ("happyhorse_video", {"mode": "t2v", "ratio": "4:5"}, "ratio"),
    ("veo_video", {"generation_type": "REFERENCE_2_VIDEO", "image_urls": None}, "image_urls"),
    ("veo_video", {"generation_type": "REFERENCE_2_VIDEO", "image_urls": images(4)}, "image_urls"),
    ("veo_video", {"generation_type": FRAMES, "image_urls": images(3)}, "image_urls"),
    ("veo_video", {"seeds": 9999}, "seeds"),
    ("grok_video", {"prompt": None}, "prompt"),
    ("grok_video", {"model_type": "image-to-video", "image_urls": None}, "image_urls"),
    ("grok_video", {"model_version": "1.5"}, "model_version"),
    ("grok_video", {"aspect_ratio": "4:3"}, "aspect_ratio"),
    ("kling_video", {"mode": "image-to-video", "image_url": None}, "image_url"),
    ("kling_video", {"mode": "motion-control", "video_url": None}, "video_url"),
    ("kling_video", {"duration": "7"}, "duration"),
    ("kling_video", {"model_version": "fast"}, "model_version"),
    ("kling_video", {"quality_mode": "4k"}, "quality_mode"),
    ("kling_video", {"mode": "motion-control", "version": "3.0", "quality_mode": "4k"}, "quality_mode"),
    ("kling_video", {"mode": "image-to-video", "end_image_url": IMAGE, "quality_mode": None}, "quality_mode"),
    ("kling_video", {"mode": "text-to-video", "end_image_url": IMAGE, "quality_mode": "pro"}, "mode"),
    (
        "kling_video",
        {"mode": "image-to-video", "end_image_url": IMAGE, "quality_mode": "pro", "sound": True},
        "sound",
    ),
    ("kling_video", {"sound": True, "quality_mode": "std"}, "quality_mode"),
    ("kling_omni", {"prompt": None}, "prompt"),
    ("kling_omni", {"image_list": images(8)}, "image_list"),
    ("kling_omni", {"multi_shot": True, "shot_type": None}, "shot_type"),
    ("kling_omni", {"multi_shot": True, "shot_type": "customize", "multi_prompt": None}, "multi_prompt"),
    ("kling_omni", {"multi_shot": True, "shot_type": "customize", "multi_prompt": []}, "multi_prompt"),
    ("kling_omni", {"multi_shot": True, "shot_type": "intelligence", "prompt": None}, "prompt"),
    ("hailuo_video", {"image_urls": None}, "image_urls"),
    ("hailuo_video", {"image_urls": []}, "image_urls"),
    ("hailuo_video", {"resolution": "1080P", "duration": "10"}, "duration"),
    ("minimax_h3_video", {"mode": "image-to-video", "first_frame_url": None}, "first_frame_url"),
    (
        "minimax_h3_video",
        {"mode": "reference-to-video", "reference_image_urls": None},
        "reference_image_urls",
    ),
    ("minimax_h3_video", {"aspect_ratio": "adaptive"}, "aspect_ratio"),
    ("sora_video", {"image_urls": None}, "image_urls"),
    ("seedance_video", {"mode": "image-to-video", "image_url": None}, "image_url"),
    ("seedance2_video", {"mode": "image-to-video", "image_url": None}, "image_url"),
    ("seedance2_video", {"mode": "first-last-frames", "last_frame_url": None}, "last_frame_url"),
    ("seedance2_video", {"mode": "reference", "reference_urls": None}, "reference_urls"),
    (
        "seedance2_video",
        {"mode": "reference", "reference_urls": None, "audio_urls": [SOUND]},
        "reference_urls",
    ),
    ("seedance2_video", {"duration": 16}, "duration"),
    ("seedance2_video", {"mode": "reference", "reference_urls": images(10)}, "reference_urls"),
    ("seedance2_video", {"mode": "reference", "video_urls": [VIDEO] * 4}, "video_urls"),
    ("seedance2_video", {"model_version": "fast", "resolution": "1080p"}, "resolution"),
    ("seedance2_video", {"model_version": "2.5", "resolution": "4k"}, "resolution"),
    ("seedance2_video", {OMNI: "edit", "mode": None}, "mode"),
    (
        "seedance2_video",
        {**NEWEST, OMNI: "extend", "video_urls": [VIDEO],
         "aspect_ratio": "16:9"},
        "aspect_ratio",
    ),
    (
        "seedance2_video",
        {**NEWEST, OMNI: "edit", "duration": 5,
         **ADAPTIVE, "video_urls": [VIDEO]},
        "duration",
    ),
    (
        "seedance2_video",
        {**NEWEST, OMNI: "edit", "duration": -1,
         **ADAPTIVE, "video_urls": [VIDEO, VIDEO]},
        "video_urls",
    ),
    ("avatar_video", {"audio_src": None}, "audio_src"),
    ("avatar_video", {"back_id": ANCHOR, "custom_back_id": ANCHOR, **CANVAS}, "custom_back_id"),
    ("avatar_video", {"back_id": ANCHOR, "web_bg_width": None}, "web_bg_width"),
    ("avatar_video", {"anchor_id": "short"}, "anchor_id"),
    ("avatar_video", {"title": "x" * 41}, "title"),
    ("video_twin", {"video_url": None, "image_url": None}, "image_url"),
    ("virtual_try_on", {"image_urls": images(1)}, "image_urls"),
    ("virtual_try_on", {"image_urls": images(5)}, "image_urls"),
    ("product_avatar", {"image_urls": images(3)}, "image_urls"),
    ("talking_photo", {"duration": 21}, "duration"),
    ("image_to_video", {"webhook_url": "http://example.com/hook"}, "webhook_url"),
]  # fmt: skip

ALLOWED: list[tuple[str, Arguments]] = [
    ("image_to_video", {"video_time": 20}),
    ("image_to_video", {"model_type": "FLF2V"}),
    ("text_to_image", {"model_type": "seedream", "input_images": images(10)}),
    ("gpt_image", {"model": "gpt-image-2", "aspect_ratio": "16:9", "resolution": "4K"}),
    ("qwen2_image", {"size": "2048*2048", "model": "qwen-image-3.0-pro"}),
    ("wan25", {"model": "wan2.6-i2v-flash", "duration": "15"}),
    ("wan25", {**WAN, "task_type": "text_to_video"}),
    ("wan25", {**WAN, "task_type": "video_edit", "duration": "6"}),
    ("wan25", {**WAN, "task_type": "reference_image", "duration": "2"}),
    ("wan_spicy", {"model": "wan2.2-i2v-spicy", "resolution": "480p", "duration": 8}),
    ("happyhorse_video", {"mode": "t2v", "model_version": "1.1", "duration": "7", "resolution": "480P"}),
    ("happyhorse_video", {"mode": "t2v", "model_version": "1.1", "ratio": "9:21"}),
    ("happyhorse_video", {"mode": "video-edit", "reference_image_urls": images(5)}),
    ("veo_video", {"generation_type": FRAMES, "image_urls": images(2)}),
    ("veo_video", {"prompt": ""}),
    ("grok_video", {"model_type": "image-to-video", "model_version": "1.5", "aspect_ratio": "auto"}),
    ("kling_video", {"version": "3.0", "model_version": "fast", "duration": "3", "resolution": "1080p"}),
    ("kling_video", {"version": "3.0", "quality_mode": "4k"}),
    ("kling_video", {"mode": "image-to-video", "end_image_url": IMAGE, "quality_mode": "pro"}),
    ("kling_video", {"sound": True, "quality_mode": "pro"}),
    ("kling_omni", {"multi_shot": True, "shot_type": "customize", "prompt": None}),
    ("kling_omni", {"duration": "3"}),
    ("hailuo_video", {"resolution": "1080P", "duration": "6"}),
    ("minimax_h3_video", {"mode": "reference-to-video", "aspect_ratio": "adaptive"}),
    ("seedance2_video", {"duration": -1}),
    ("seedance2_video", {"model_version": "2.5", "duration": 30, "resolution": "1080p"}),
    ("seedance2_video", {**NEWEST, "audio_urls": [SOUND], "reference_urls": None}),
    ("seedance2_video", {**NEWEST, OMNI: "edit",
                         "duration": -1, **ADAPTIVE, "video_urls": [VIDEO]}),
    ("seedance2_video", {"resolution": "4k"}),
    ("avatar_video", {"back_id": ANCHOR, **CANVAS}),
    ("video_twin", {"video_url": None, "image_url": IMAGE}),
]  # fmt: skip


# Values that neither the document nor its prose lists. The service decides: it often takes newer ones.
UNLISTED: list[tuple[str, Arguments]] = [
    ("image_to_video", {"video_time": 7}),
    ("kling_omni", {"duration": "16"}),
    ("minimax_h3_video", {"duration": "3"}),
    ("photobook", {"total_count": 5}),
]


def arguments_for(resource: str, changes: Arguments) -> Arguments:
    """Arguments that the workflow accepts, with the changes applied."""
    start = WORKFLOWS[resource].routes.start
    given = {name: value for name, value in changes.items() if value is not None}
    arguments = sample_arguments(start, **{**BESIDES.get(start.path, {}), **given})
    return {**arguments, **changes}


def named(cases: list[Any]) -> list[str]:
    """The ids of the cases."""
    return [
        f"{case[0]}-{'-'.join(f'{key}={value!s:.20}' for key, value in case[1].items())}" for case in cases
    ]


@pytest.mark.parametrize(("resource", "changes", "field"), REFUSED, ids=named(REFUSED))
async def test_an_invalid_call_is_refused_before_it_is_sent_and_by_the_service(
    resource: str, changes: Arguments, field: str, a2e: A2E, sandbox: Sandbox
) -> None:
    before, balance = sandbox.ledger.count("api"), sandbox.balance
    arguments = arguments_for(resource, changes)

    with pytest.raises(InvalidArgument) as caught:
        getattr(a2e, resource)(**arguments)
    assert caught.value.field == field
    assert sandbox.ledger.count("api") == before

    start = WORKFLOWS[resource].routes.start
    wire = {one.name: one.wire_name for one in start.body}
    body = {wire[name]: value for name, value in arguments.items() if value is not None}
    with pytest.raises(InvalidRequest):
        await a2e.request("POST", start.path, body=body)
    assert sandbox.balance == balance


@pytest.mark.parametrize(("resource", "changes"), ALLOWED, ids=named(ALLOWED))
async def test_a_valid_call_is_sent_and_accepted(resource: str, changes: Arguments, a2e: A2E) -> None:
    assert (await getattr(a2e, resource)(**arguments_for(resource, changes)).start()).id


@pytest.mark.parametrize(("resource", "changes"), UNLISTED, ids=named(UNLISTED))
async def test_a_value_outside_a_list_is_sent_with_a_warning_and_the_service_decides(
    resource: str, changes: Arguments, a2e: A2E, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    forget_warnings()
    balance = sandbox.balance
    job = getattr(a2e, resource)(**arguments_for(resource, changes))
    assert [one.levelname for one in caplog.records if one.name == "a2e_async"] == ["WARNING"]

    with pytest.raises(InvalidRequest):
        await job.start()
    assert sandbox.balance == balance


async def test_speech_has_its_limits_too(a2e: A2E, sandbox: Sandbox) -> None:
    before = sandbox.ledger.count("api")
    cases = [
        ({"msg": "x", "tts_id": ANCHOR, "type": "turnstile"}, "turnstile_token"),
        ({"msg": "x", "tts_id": ANCHOR, "type": "aliyun_captcha"}, "captcha_verify_param"),
        ({"msg": "x" * 1001, "tts_id": ANCHOR}, "msg"),
    ]

    for arguments, field in cases:
        with pytest.raises(InvalidArgument) as caught:
            await a2e.tts.send_tts(**arguments)  # type: ignore[arg-type]  # the refusal is under test
        assert caught.value.field == field

    assert sandbox.ledger.count("api") == before


def test_every_rule_of_every_start_is_among_the_refused() -> None:
    """A rule that no case breaks could be wrong without a test failing."""
    broken = {(resource, field) for resource, _, field in REFUSED}

    for resource in WORKFLOWS:
        for constant, operation in operations_of(resource).items():
            if constant != "START":
                continue

            for need in operation.needs:
                names = [*need.all_of, *need.any_of[:1], *need.only, *need.most] or list(need.when)[-1:]
                # Where several keywords are needed together, a case for one of them is enough.
                assert any((resource, name) in broken for name in names), (resource, need)
