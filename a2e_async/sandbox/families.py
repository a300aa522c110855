"""How each family of tasks differs from the next. Everything not in a row follows the siblings.

Rows rest on the collected facts about the service; where those say UNKNOWN the row says "sibling":
the shape of the nearest family whose shape is known. A family that has no row (a new one, in a newer
document) is played by the defaults and what its name and its start body tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from a2e_async.sandbox.names import workflow_name

__all__ = ["AVATAR_STAGES", "Family", "default_family", "family_of"]

Body = Mapping[str, Any]
Stages = tuple[tuple[str, float], ...]
"""(status, fraction of the task's duration at which it begins)."""

STAGES: Stages = (("initialized", 0.0), ("sent", 0.1), ("pending", 0.15), ("processing", 0.3))
SHORT_STAGES: Stages = (("initialized", 0.0), ("processing", 0.15))
VOICE_STAGES: Stages = (("sent", 0.0), ("pendding", 0.1), ("processing", 0.3))
TWIN_STAGES: Stages = (("pending", 0.0), ("processing", 0.2))
AVATAR_STAGES: Stages = (("init", 0.0), ("start", 0.1), ("pending", 0.2), ("process", 0.3), ("copy", 0.9))

IMAGE_TIME = (20.0, 5.0)
VIDEO_TIME = (90.0, 20.0)


@attrs.frozen(kw_only=True)
class Family:
    """The shape of one family.

    Attributes:
        segment: its path segment.
        result: the field that holds the output; `many` if it is a list of URLs.
        kinds: file kinds of the outputs, by content.
        status / stages / done / failed: the status field and its vocabulary.
        failure / failure_code: the fields that tell why; failure_code "" leaves it out.
        start: shape of a start's `data`: object, list, or either (a list if several tasks were made).
        listing: shape of a list's `data`: rows (with count), list, data (data.data) or array.
        count: the body field that asks for several tasks; `images` the one that asks for several outputs.
        name: the body's own field for the task's name; "" if the body has none.
        coins: whether records tell the charge.
        trace: whether replies carry a trace_id.
        soft_delete: deleted tasks leave the lists only.
        busy_delete: a running task can be deleted; if not, that is a 400.
        refund_queued / refund_failed: coins come back for a deleted initialized task / a failed one.
        short: how lack of coins is told: "200" (code above 0), "400" (text) or "402".
        nsfw: how detected NSFW content is told: "empty" (200 without an id), "status", or "fail".
        minor: whether 1003/1004 are checked.
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
        """The name users know it by."""
        return workflow_name(self.segment)

    def cost(self, body: Body) -> int:
        """Coins for one task."""
        return self.price(body) if callable(self.price) else self.price


def _gpt_price(body: Body) -> int:
    if body.get("model") == "gpt-image-2":
        return {"2K": 35, "4K": 45}.get(str(body.get("resolution")), 25)
    return 35 if body.get("quality") == "high" else 20


def _by_seconds(field: str, default: int, coins: float) -> Callable[[Body], int]:
    """Prices beyond GPT Image's are not published; these grow with the length asked for."""

    def price(body: Body) -> int:
        try:
            seconds = float(body.get(field, default))
        except (TypeError, ValueError):
            seconds = default
        return max(1, round(max(seconds, 1) * coins))

    return price


def _image(segment: str, **changes: Any) -> Family:
    """Families that answer with image_urls."""
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
    # Flux 2: record fields UNKNOWN, sibling Nano Banana; the status filter names the same four statuses.
    _image("userFlux2", nsfw="empty", soft_delete=True, short="402", stages=SHORT_STAGES, price=15),
    # Wan, Qwen and Kling images: UNKNOWN, siblings Nano Banana and text to image.
    _image("userWan26Image", nsfw="empty", soft_delete=True),
    _image("userWan27Image", nsfw="empty", soft_delete=True),
    _image("userQwen2Image", soft_delete=True),
    _image("userKlingImage", start="either", count="n", soft_delete=True),
    # Photobook: UNKNOWN, sibling text to image; one task with total_count pictures.
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
    # Veo: clients disagree on status field and result field; these are among what they read.
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
    Family(segment="userFaceSwapImage", trace=False),  # no tasks, but its replies are of that age too
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
    # Head swap: result field UNKNOWN, sibling face swap; the target decides between image and video.
    Family(
        segment="headSwap", busy_delete=False, refund_queued=True, minor=True, short="400", name="", price=15
    ),
    Family(segment="actorSwap", price=20),  # UNKNOWN, sibling motion transfer's body, common record
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
    Family(segment="thinkSound", price=10),  # UNKNOWN, common record
    Family(segment="userCaptionRemoval", price=10),
    Family(segment="userUpscale", price=10),  # UNKNOWN, common record, which echoes source_url
)

_TABLE = {row.segment: row for row in _ROWS}
_PICTURES = re.compile(r"image|photo|banana|flux|picture|avatar", re.IGNORECASE)


def default_family(segment: str, fields: Mapping[str, Any]) -> Family:
    """A family without a row, as its name and its start body suggest."""
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
    """The row of a family, or the defaults."""
    return _TABLE.get(segment) or default_family(segment, fields)
