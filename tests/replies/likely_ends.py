"""Ends of tasks: statuses, reasons, and outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.replies.parts import (
    BATCH,
    BULK,
    DETAIL,
    DONE,
    ID,
    IMAGE,
    LIST,
    MADE,
    OUT,
    PORTRAIT,
    RUNNING,
    START,
    VIDEO,
    case,
    end,
    reply,
    rows,
)
from tests.replies.player import Case

__all__ = ["ends"]

BARE = {"_id": "@ID", "name": "@NAME", "coins": 10}
GOOD = ("succeed", "succeeded", "success", "SUCCESS", "Completed", "complete", "finished", "done")
BAD = ("failed", "FAILED", "fail", "failure", "error")
STATUS_FIELDS = ("status", "state", "task_status")
REASONS: dict[str, Any] = {
    "failed_message": "the face was not found",
    "faild_message": "the face was not found",
    "fail_reason": "the face was not found",
    "failed_reason": "the face was not found",
    "error_message": "the face was not found",
    "err_message": "the face was not found",
    "error_msg": "the face was not found",
    "error": {"message": "the face was not found"},
    "message": "the face was not found",
    "msg": "the face was not found",
}
NOT_YET: dict[str, Any] = {
    "empty": [],
    "null": None,
    "empty-text": "",
    "list-of-empty-text": [""],
    "list-of-null": [None],
}


def ends() -> Iterator[Case]:
    """Cases of ends."""
    for word in GOOD:
        yield end(f"status-{word}", {**DONE, "current_status": word})
    for field in STATUS_FIELDS:
        yield end(f"status-in-{field}", {**BARE, field: "completed", "image_urls": [IMAGE]})
        failed = {**BARE, field: "failed", "failed_message": "no face"}
        yield end(f"failure-in-{field}", failed, error=["TaskFailed"], text_has=["no face"])
    for word in BAD:
        failed = {**BARE, "current_status": word, "failed_message": "no face", "image_urls": []}
        yield end(f"failure-{word}", failed, error=["TaskFailed"], text_has=["no face"])

    for field, reason in REASONS.items():
        failed = {**BARE, "current_status": "failed", "image_urls": [], field: reason}
        yield end(f"reason-in-{field}", failed, error=["TaskFailed"], text_has=["the face was not found"])
    coded = {**BARE, "current_status": "failed", "failed_message": "", "failed_code": "E_FACE_17"}
    yield end("reason-is-a-code", coded, error=["TaskFailed"], text_has=["E_FACE_17"])

    yield from _without_status()
    yield from _outputs_later()
    yield from _text_to_image_outputs()
    for name, on, args, segment, record, urls in _OUTPUTS:
        yield _family(name, on, args, segment, record, urls)


def _without_status() -> Iterator[Case]:
    """No status is sent, but an outcome is."""
    yield end("no-status-but-output", {**BARE, "image_urls": [IMAGE]})
    yield end("null-status-but-output", {**BARE, "current_status": None, "image_urls": [IMAGE]})
    yield end("empty-status-but-output", {**BARE, "current_status": "", "image_urls": [IMAGE]})
    reason = {**BARE, "failed_message": "no face", "image_urls": []}
    yield end("no-status-but-reason", reason, error=["TaskFailed"], text_has=["no face"])

    unknown = {**RUNNING, "current_status": "in_the_queue_of_the_moon"}
    late = {BATCH: [reply([unknown]), reply([unknown]), reply([DONE])], DETAIL: reply(unknown)}
    yield end("unknown-status-goes-on", unknown, late)
    moving = {**RUNNING, "failed_message": None, "failed_code": "0", "error_code": None}
    yield end("running-with-empty-failure", moving, {BATCH: [reply([moving]), reply([DONE])]})


def _outputs_later() -> Iterator[Case]:
    """The task is said to be completed, and its output is not there yet, or never."""
    for name, value in NOT_YET.items():
        early = {**DONE, "image_urls": value}
        later = {BATCH: [reply([early])] * 2 + [reply([DONE])], DETAIL: reply(early), LIST: rows(early)}
        yield end(f"output-later-{name}", early, later)
        never = {"error": ["OutputMissing"], "text_has": [ID], "seconds_max": 600}
        yield end(f"output-never-{name}", early, {LIST: rows(early)}, **never)

    early = {key: value for key, value in DONE.items() if key != "image_urls"}
    yield end("output-later-absent", early, {BATCH: [reply([early]), reply([DONE])], DETAIL: reply(early)})
    yield end("output-in-detail-only", DONE, {BATCH: reply([early]), DETAIL: reply(DONE)})

    empty = {**DONE, "image_urls": []}
    answers = {
        START: reply([MADE]),
        BATCH: reply({"@each": empty}),
        DETAIL: reply(empty),
        LIST: rows(),
    }
    yield case("output-never-in-bulk", BULK, answers, delivered=0, starts=4)


def _text_to_image_outputs() -> Iterator[Case]:
    several = [f"{OUT}/{number}.png" for number in range(3)]
    yield end("outputs-several", {**DONE, "image_urls": several}, urls=several)
    yield end("output-is-a-text", {**DONE, "image_urls": IMAGE})
    signed = f"{IMAGE}?X-Amz-Signature=1"
    yield end("output-with-query", {**DONE, "image_urls": [signed]}, urls=[signed])
    parts = {"cover_url": f"{OUT}/cover.png", "thumbnail_url": f"{OUT}/small.png", "input_images": [PORTRAIT]}
    yield end("output-beside-parts", {**DONE, **parts})


_PICTURE = {"name": "n", "prompt": "a red kite"}
_COMPLETED = {**BARE, "current_status": "completed"}
_I2V = {"image_url": PORTRAIT, "prompt": "it waves"}
_TALK = {
    "name": "n",
    "image_url": PORTRAIT,
    "audio_url": f"{OUT}/in.mp3",
    "prompt": "p",
    "negative_prompt": "q",
}
_VIDEO_PARTS = {
    "result_url": VIDEO,
    "display_result_url": f"{OUT}/display.mp4",
    "cover_url": f"{OUT}/cover.jpg",
    "last_frame_url": f"{OUT}/last.png",
    "image_url": PORTRAIT,
}
_COPIES = {
    "image_urls": [IMAGE],
    "image_url": IMAGE,
    "url_download": f"{IMAGE}?download=1",
    "url_show": f"{IMAGE}?show=1",
}

_OUTPUTS: tuple[tuple[str, str, dict[str, Any], str, dict[str, Any], list[str]], ...] = (
    ("outputs-gpt-copies", "gpt_image", _PICTURE, "userGptImage", {**_COMPLETED, **_COPIES}, [IMAGE]),
    ("outputs-flux2", "flux2", _PICTURE, "userFlux2", {**_COMPLETED, "image_urls": [IMAGE]}, [IMAGE]),
    (
        "outputs-video-parts",
        "image_to_video",
        _I2V,
        "userImage2Video",
        {**_COMPLETED, **_VIDEO_PARTS},
        [VIDEO],
    ),
    (
        "outputs-talking-photo",
        "talking_photo",
        _TALK,
        "talkingPhoto",
        {**_COMPLETED, **_VIDEO_PARTS},
        [VIDEO],
    ),
    (
        "outputs-veo-video-url",
        "veo_video",
        {"prompt": "waves"},
        "veoVideo",
        {**BARE, "state": "succeed", "video_url": VIDEO},
        [VIDEO],
    ),
    (
        "outputs-kling-video-url",
        "kling_video",
        {"name": "n", "prompt": "waves", "mode": "text-to-video"},
        "klingVideo",
        {**_COMPLETED, "video_url": VIDEO},
        [VIDEO],
    ),
    (
        "outputs-in-an-array",
        "image_to_video",
        _I2V,
        "userImage2Video",
        {**_COMPLETED, "image_url": PORTRAIT, "result_url": [VIDEO]},
        [VIDEO],
    ),
    (
        "outputs-under-another-name",
        "image_to_video",
        _I2V,
        "userImage2Video",
        {**_COMPLETED, "image_url": PORTRAIT, "result_video_url": VIDEO},
        [VIDEO],
    ),
)


def _family(
    id: str, on: str, args: dict[str, Any], segment: str, record: dict[str, Any], urls: list[str]
) -> Case:
    """A run of one family whose record has its own fields."""
    answers = {
        f"POST /{segment}/start": reply({"_id": "@ID"}),
        f"POST /{segment}/batchDetail": reply([record]),
        f"GET /{segment}/*": reply(record),
        f"GET /{segment}/detail/*": reply(record),
    }
    return case(id, {"do": "run", "on": on, "args": args}, answers, urls=urls, starts=1)
