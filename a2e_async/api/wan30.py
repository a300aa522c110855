"""Wan Image to Video (`userWan30`): `a2e.wan30`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Required, TypedDict, Unpack

import attrs

from a2e_async._spec.decoders import one
from a2e_async._spec.field import Field
from a2e_async._spec.media import Media
from a2e_async._spec.operation import CallOptions, Operation
from a2e_async._spec.routes import Routes
from a2e_async.jobs import Job
from a2e_async.records import TaskRecord
from a2e_async.resources import Workflow

__all__ = ["Input", "InputMedia", "Parameters", "Wan30", "Wan30Record"]


class InputMedia(TypedDict, total=False):
    """Members of `input.media`.

    type: What the file is for. One of reference_image, reference_video, reference_audio, first_frame, last_frame, file, link.
    url: The file. A URL, a Path, bytes, an `Upload` or a `Result`.
    duration: Seconds, of the input media.
    """

    type: Required[
        Literal[
            "reference_image",
            "reference_video",
            "reference_audio",
            "first_frame",
            "last_frame",
            "file",
            "link",
        ]
        | str
    ]
    """What the file is for. One of reference_image, reference_video, reference_audio, first_frame, last_frame, file, link.
    """
    url: Required[Media]
    """The file. A URL, a Path, bytes, an `Upload` or a `Result`."""
    duration: float
    """Seconds, of the input media."""


class Input(TypedDict, total=False):
    """Members of `input`.

    prompt: What is wanted, in words. At most 5000 characters.
    media: Frames or reference media.
    """

    prompt: str
    """What is wanted, in words. At most 5000 characters."""
    media: Sequence[InputMedia]
    """Frames or reference media."""


class Parameters(TypedDict, total=False):
    """Members of `parameters`.

    resolution: How large the video is. One of 480P, 720P, 1080P. Server default: 1080P.
    ratio: Width to height; adaptive follows the media. One of adaptive, 16:9, 4:3, 1:1, 3:4, 9:16. Server default: adaptive.
    duration: Seconds, 3 to 30, or -1 to let the model choose. Server default: 5.
    audio: Whether the video has sound. Server default: True.
    prompt_extend: Lets the upstream rewrite the prompt. Server default: False.
    seed: Seed of the random generator. 0 to 2147483647.
    watermark: Whether the video gets a watermark. Server default: False.
    """

    resolution: Literal["480P", "720P", "1080P"] | str
    """How large the video is. One of 480P, 720P, 1080P. Server default: 1080P."""
    ratio: Literal["adaptive", "16:9", "4:3", "1:1", "3:4", "9:16"] | str
    """Width to height; adaptive follows the media. One of adaptive, 16:9, 4:3, 1:1, 3:4, 9:16. Server default: adaptive.
    """
    duration: int
    """Seconds, 3 to 30, or -1 to let the model choose. Server default: 5."""
    audio: bool
    """Whether the video has sound. Server default: True."""
    prompt_extend: bool
    """Lets the upstream rewrite the prompt. Server default: False."""
    seed: int
    """Seed of the random generator. 0 to 2147483647."""
    watermark: bool
    """Whether the video gets a watermark. Server default: False."""


@attrs.frozen(kw_only=True)
class Wan30Record(TaskRecord):
    """A task of `a2e.wan30` as the service reports it.

    Attributes:
        result_url: The result; empty until it is done.
        video_url: The result; empty until it is done.
        video_output: The result; empty until it is done.
    """

    result_url: str | None = None
    """The result; empty until it is done."""
    video_url: str | None = None
    """The result; empty until it is done."""
    video_output: str | None = None
    """The result; empty until it is done."""


START = Operation(
    "POST",
    "/api/v1/userWan30/start",
    one(Wan30Record),
    body=(
        Field("name", str),
        Field("model", str, required=True, choices=("wan3.0-video", "wan3.0-video-prime")),
        Field("mode", str, choices=("text-to-video", "first-frame", "first-last-frames", "reference")),
        Field(
            "input",
            dict,
            required=True,
            fields=(
                Field("prompt", str, max_length=5000),
                Field(
                    "media",
                    list,
                    item=Field(
                        "",
                        dict,
                        fields=(
                            Field(
                                "type",
                                str,
                                required=True,
                                choices=(
                                    "reference_image",
                                    "reference_video",
                                    "reference_audio",
                                    "first_frame",
                                    "last_frame",
                                    "file",
                                    "link",
                                ),
                            ),
                            Field("url", str, required=True, media=True),
                            Field("duration", float),
                        ),
                    ),
                ),
            ),
        ),
        Field(
            "parameters",
            dict,
            required=True,
            fields=(
                Field("resolution", str, choices=("480P", "720P", "1080P")),
                Field("ratio", str, choices=("adaptive", "16:9", "4:3", "1:1", "3:4", "9:16")),
                Field("duration", int, minimum=3, maximum=30, also=(-1,)),
                Field("audio", bool),
                Field("prompt_extend", bool),
                Field("seed", int, minimum=0, maximum=2147483647),
                Field("watermark", bool),
            ),
        ),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
)


class Wan30(Workflow[Wan30Record]):
    """Wan Image to Video (`userWan30`).

    Wan 2.5 / 2.6 per the tag text; Wan3.0 also lives here.

    Every method also takes the options in `CallOptions`.
    """

    name = "wan30"
    record_type = Wan30Record
    routes = Routes(start=START, outputs=("result_url", "video_url", "video_output"))

    def __call__(
        self,
        *,
        model: Literal["wan3.0-video", "wan3.0-video-prime"] | str,
        input: Input,
        parameters: Parameters,
        name: str | None = None,
        mode: Literal["text-to-video", "first-frame", "first-last-frames", "reference"] | str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[Wan30Record]:
        """Start Wan3.0 all-in-one video generation.

        Reference videos: 3-15 s each, 15 s together, plus output at most 30 s. First/last frames
        exclude reference media; file excludes link; no negative_prompt. 720P 15 s: about 14 minutes,
        prime about 2.

        Args:
            model: prime: the same quality, faster, at a higher price per second. One of wan3.0-video, wan3.0-video-prime. Server default: wan3.0-video.
            input: Prompt and media of the video.
            parameters: Resolution, duration and other settings of the video.
            name: The task's name, to find it again. Without one, the SDK names the task.
            mode: From words alone, from a first frame, from a first and a last one, or after reference media. One of text-to-video, first-frame, first-last-frames, reference. Server default: text-to-video.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan30(
                model="wan3.0-video",
                input={"prompt": "a red kite over the sea"},
                parameters={"resolution": "1080P"},
            )
            task = await job.start()
            ```
        """
        return self._job(
            START,
            {
                "model": model,
                "input": input,
                "parameters": parameters,
                "name": name,
                "mode": mode,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )
