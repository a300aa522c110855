"""The table of task families: how the replies and habits of each differ from the defaults.

The rows follow what is known about the service. If a shape is UNKNOWN, the row takes that of its
"sibling", the nearest family whose shape is known. A family without a row, as a newer document may bring,
is played by the defaults and by hints in its name and its start body.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from a2e_async.sandbox.names import workflow_name

__all__ = [
    "AVATAR_STAGES",
    "DECIDED_BY_INPUT",
    "SHORT_STAGES",
    "STAGES",
    "TWIN_STAGES",
    "VOICE_STAGES",
    "Family",
    "family_of",
]

Body = Mapping[str, Any]
Stages = tuple[tuple[str, float], ...]
"""(status, the fraction of the task's duration at which it begins), in order."""

STAGES: Stages = (("initialized", 0.0), ("sent", 0.1), ("pending", 0.15), ("processing", 0.3))
SHORT_STAGES: Stages = (("initialized", 0.0), ("processing", 0.15))
VOICE_STAGES: Stages = (("sent", 0.0), ("pendding", 0.1), ("processing", 0.3))
TWIN_STAGES: Stages = (("pending", 0.0), ("processing", 0.2))
AVATAR_STAGES: Stages = (("init", 0.0), ("start", 0.1), ("pending", 0.2), ("process", 0.3), ("copy", 0.9))

DECIDED_BY_INPUT = {
    "userDubbing": "source_url",
    "headSwap": "target_image_url",
    "userUpscale": "source_url",
    "userFaceSwapTask": "video_url",
}
"""Path segment -> the body field whose media decides about the kind of the results."""

IMAGE_TIME = (20.0, 5.0)
VIDEO_TIME = (90.0, 20.0)


@attrs.frozen(kw_only=True)
class Family:
    """The shape of one family's replies, and its habits.

    Attributes:
        segment: its path segment.
        result: the record's field for the output.
        many: whether that field is a list of URLs.
        kinds: the kinds of its output files.
        status: the record's field for the status.
        stages: the statuses before the end.
        done: the status of success.
        failed: the status of failure.
        failure: the record's field for the reason of a failure.
        failure_code: the record's field for the code of a failure; "" means that there is no such field.
        start: the shape of a start's `data`: object, list, either (a list if several tasks were made), or
            gpt (decided by the model).
        listing: the shape of a list's `data`: rows (with count), list, data (data.data) or array.
        count: the body field that asks for several tasks.
        images: the body field that asks for several outputs of one task.
        name: the body field for the task's name; "" means that there is no such field.
        coins: whether records show the price.
        trace: whether replies carry a trace_id.
        soft_delete: whether a deleted task leaves only the lists and keeps its detail.
        busy_delete: whether a running task can be deleted; if not, the answer is a 400.
        refund_queued: whether deleting a task in its first status gives its coins back.
        refund_failed: whether a failed task gives its coins back.
        short: the answer to a lack of coins: "200" (a code above 0), "400" (a text) or "402".
        nsfw: the answer to detected NSFW content: "empty" (200 without an id), "status" or "fail".
        minor: whether the codes 1003 and 1004 are checked.
        duration: mean and standard deviation of a task's duration, in seconds.
        price: coins for one task, or a function of the start's body.
    """

    segment: str
    result: str = "result_url"
    many: bool = False
    kinds: tuple[str, ...] = ("mp4",)
    status: str = "current_status"
    stages: Stages = STAGES
    done: str = "completed"
    failed: str = "failed"
    failure: str = "failed_message"
    failure_code: str = "failed_code"
    start: str = "object"
    listing: str = "rows"
    count: str = ""
    images: str = ""
    name: str = "name"
    coins: bool = True
    trace: bool = True
    soft_delete: bool = False
    busy_delete: bool = True
    refund_queued: bool = False
    refund_failed: bool = False
    short: str = "200"
    nsfw: str = "fail"
    minor: bool = False
    duration: tuple[float, float] = VIDEO_TIME
    price: int | Callable[[Body], int] = 10

    @property
    def workflow(self) -> str:
        """The name by which users know the family, ``image_to_video``."""
        return workflow_name(self.segment)

    def cost(self, body: Body) -> int:
        """The price of one task, in coins."""
        return self.price(body) if callable(self.price) else self.price


def _gpt_price(body: Body) -> int:
    if body.get("model") == "gpt-image-2":
        return {"2K": 35, "4K": 45}.get(str(body.get("resolution")), 25)
    return 35 if body.get("quality") == "high" else 20


def _by_seconds(field: str, default: int, coins: float) -> Callable[[Body], int]:
    """A price that grows with the length asked for. Real prices are published for GPT Image only."""

    def price(body: Body) -> int:
        try:
            seconds = float(body.get(field, default))
        except (TypeError, ValueError):
            seconds = default
        return max(1, round(max(seconds, 1) * coins))

    return price


def _image(segment: str, **changes: Any) -> Family:
    """A family that makes images: its records have ``image_urls``."""
    row: dict[str, Any] = {
        "result": "image_urls",
        "many": True,
        "kinds": ("png", "jpg", "webp"),
        "duration": IMAGE_TIME,
        "price": 10,
    }
    return Family(segment=segment, **{**row, **changes})


_ROWS = (
    # Images
    _image("userText2Image", start="list", count="max_images", failure_code="failed_code"),
    _image("userNanoBanana", listing="list", nsfw="empty", soft_delete=True, stages=SHORT_STAGES, price=15),
    _image("userGptImage", start="gpt", nsfw="empty", soft_delete=True, price=_gpt_price),
    # Flux 2: record fields UNKNOWN, sibling Nano Banana. Its status filter has the same four statuses.
    _image("userFlux2", nsfw="empty", soft_delete=True, short="402", stages=SHORT_STAGES, price=15),
    # Wan, Qwen and Kling images: UNKNOWN, siblings Nano Banana and text to image.
    _image("userWan26Image", nsfw="empty", soft_delete=True),
    _image("userWan27Image", nsfw="empty", soft_delete=True),
    _image("userQwen2Image", soft_delete=True),
    _image("userKlingImage", start="either", count="n", soft_delete=True),
    # Photobook: UNKNOWN, sibling text to image. One task makes total_count pictures.
    _image("userPhotobook", images="total_count", busy_delete=False, duration=(120.0, 20.0), price=40),
    # Image edit: UNKNOWN, sibling virtual try-on, whose body it shares.
    _image("userImageEdit", result="result_image_url", many=False),
    _image("virtualTryOn", result="result_image_url", many=False),
    _image("productAvatar", result="result_image_url", many=False, soft_delete=True, refund_failed=True),
    # Video from images and text
    Family(
        segment="userImage2Video",
        start="either",
        count="number_of_images",
        busy_delete=False,
        refund_queued=True,
        minor=True,
        price=_by_seconds("video_time", 5, 2),
    ),
    Family(segment="userWan25", price=_by_seconds("duration", 5, 4)),
    Family(segment="userWan26R2V", soft_delete=True, price=_by_seconds("duration", 5, 4)),
    Family(segment="userWanSpicy", soft_delete=True, minor=True, price=_by_seconds("duration", 5, 4)),
    Family(
        segment="userHappyhorseVideo",
        soft_delete=True,
        minor=True,
        price=_by_seconds("duration", 5, 4),
    ),
    # Veo: clients disagree on the fields for status and result; these are two of those that they read.
    Family(segment="veoVideo", status="state", result="video_url", soft_delete=True, price=60),
    # From here to Wan 3.0 the result field is UNKNOWN: sibling image to video.
    Family(segment="grokVideo", price=_by_seconds("duration", 6, 5)),
    Family(segment="klingVideo", price=_by_seconds("duration", 5, 6)),
    Family(segment="klingOmni", soft_delete=True, price=_by_seconds("duration", 5, 6)),
    Family(segment="hailuoVideo", soft_delete=True, price=_by_seconds("duration", 6, 5)),
    Family(segment="minimaxH3Video", soft_delete=True, price=_by_seconds("duration", 12, 5)),
    Family(segment="soraVideo", soft_delete=True, price=_by_seconds("duration_seconds", 5, 10)),
    Family(segment="seedanceVideo", price=_by_seconds("duration", 5, 5)),
    Family(segment="seedance2Video", minor=True, price=_by_seconds("duration", 5, 6)),
    Family(segment="userWan30", price=50),
    # Faces and bodies
    Family(
        segment="userFaceSwapTask",
        failure="faild_message",
        failure_code="error_code",
        coins=False,
        price=12,
    ),
    Family(segment="userFaceSwapImage", trace=False),  # makes no tasks, but its replies are as old as those
    Family(
        segment="userFaceSwapPreview",
        failure="faild_message",
        failure_code="error_code",
        name="",
        coins=False,
        trace=False,
        price=2,
        kinds=("png", "jpg"),
        duration=IMAGE_TIME,
    ),
    # Head swap: result field UNKNOWN, sibling face swap. The target decides between image and video.
    Family(
        segment="headSwap", busy_delete=False, refund_queued=True, minor=True, short="400", name="", price=15
    ),
    Family(segment="actorSwap", price=20),  # UNKNOWN: the body of motion transfer, the common record
    Family(segment="talkingPhoto", price=_by_seconds("duration", 3, 4)),
    Family(segment="talkingVideo", price=_by_seconds("duration", 3, 4)),
    Family(segment="motionTransfer", result="result_video_url", price=20),
    # Avatars, twins, voices
    Family(
        segment="video",
        status="status",
        stages=AVATAR_STAGES,
        done="success",
        failed="fail",
        failure="msg",
        failure_code="",
        result="result",
        name="title",
        price=20,
    ),
    Family(
        segment="userVideoTwin",
        stages=TWIN_STAGES,
        result="anchor_id",
        listing="rows",
        price=100,
        duration=(300.0, 60.0),
    ),
    Family(
        segment="userVoice",
        stages=VOICE_STAGES,
        result="speaker_id",
        listing="array",
        soft_delete=True,
        refund_failed=True,
        price=30,
        duration=(45.0, 10.0),
    ),
    Family(segment="userDubbing", kinds=("mp3",), price=30),
    # Post processing
    Family(segment="thinkSound", price=10),  # UNKNOWN: the common record
    Family(segment="userCaptionRemoval", price=10),
    Family(segment="userUpscale", price=10),  # UNKNOWN: the common record, which echoes source_url
)

_TABLE = {row.segment: row for row in _ROWS}
_PICTURES = re.compile(r"image|photo|banana|flux|picture|avatar", re.IGNORECASE)


def _default_family(segment: str, fields: Mapping[str, Any]) -> Family:
    """The shape of a family without a row, as its path segment and its start body suggest.

    Args:
        segment: the family's path segment.
        fields: the fields of its start body.
    """
    picture = _PICTURES.search(segment) and not re.search(r"video", segment, re.IGNORECASE)
    family = _image(segment) if picture else Family(segment=segment)
    count = next((name for name in ("max_images", "number_of_images", "n") if name in fields), "")
    name = next((name for name in ("name", "title") if name in fields), "")
    return attrs.evolve(
        family,
        name=name,
        count=count,
        start="either" if count else "object",
        minor="minor_suspected_skip" in fields,
    )


def family_of(segment: str, fields: Mapping[str, Any]) -> Family:
    """The shape of a family: its row in the table, or the defaults."""
    return _TABLE.get(segment) or _default_family(segment, fields)
