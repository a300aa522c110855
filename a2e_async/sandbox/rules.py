"""Refusals that the schema does not express: rules from the document's prose, media URLs and moderation.

Only certain rules are here. Where the prose is vague, the sandbox accepts.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import TYPE_CHECKING, Any

from a2e_async.sandbox.media_rules import empty_field, media_urls, unusable_media
from a2e_async.sandbox.replies import Call, Reply, error, ok
from a2e_async.sandbox.webhooks import is_on_this_machine

if TYPE_CHECKING:
    from a2e_async.sandbox.world import World

__all__ = ["refusal"]

Body = Mapping[str, Any]
Rule = Callable[[Body], str | None]

# A rule returns a sentence about what is wrong with a body, or None.


def _needs(body: Body, *fields: str) -> str | None:
    missing = [field for field in fields if not body.get(field)]
    return f"{', '.join(missing)} is required" if missing else None


def _at_most(body: Body, field: str, number: int) -> str | None:
    return f"{field} allows at most {number} images" if len(body.get(field) or ()) > number else None


def _one_of(body: Body, field: str, allowed: Container[Any], when: str) -> str | None:
    value = body.get(field)
    return f"{field} {value} is not available {when}" if value is not None and value not in allowed else None


def _image_to_video(body: Body) -> str | None:
    if body.get("video_time", 5) not in (5, 10, 15, 20):
        return "video_time must be one of 5, 10, 15, 20"
    if body.get("model_type") == "FLF2V":
        return _needs(body, "end_image_url")
    return None


def _avatar_video(body: Body) -> str | None:
    if not body.get("audioSrc") and not body.get("custom_voice"):
        return "audioSrc or custom_voice is required"
    if body.get("back_id") or body.get("custom_back_id") or body.get("color"):
        return _needs(body, "web_bg_width", "web_bg_height", "web_people_width", "web_people_height")
    return None


def _text_to_image(body: Body) -> str | None:
    return _at_most(body, "input_images", 2 if body.get("model_type", "a2e") == "a2e" else 10)


def _gpt_image(body: Body) -> str | None:
    square = body.get("aspect_ratio") == "1:1"
    if body.get("model") == "gpt-image-2" and square and body.get("resolution") == "4K":
        return "resolution 4K is not available for aspect_ratio 1:1"
    return _at_most(body, "input_images", 16)


def _qwen2_image(body: Body) -> str | None:
    if "2048" in str(body.get("size", "")) and body.get("model") != "qwen-image-3.0-pro":
        return "2K sizes need model qwen-image-3.0-pro"
    return None


def _wan25(body: Body) -> str | None:
    model = body.get("model", "wan2.5-i2v-preview")
    task = body.get("task_type", "first_frame") if model == "wan2.7-i2v" else "first_frame"
    if body.get("task_type", "first_frame") != "first_frame" and model != "wan2.7-i2v":
        return f"task_type {body['task_type']} needs model wan2.7-i2v"

    needed = {
        "first_frame": ("image_url",),
        "first_last_frame": ("image_url", "last_frame_url"),
        "video_extend": ("first_clip_url",),
        "video_edit": ("edit_video_url",),
    }
    if task == "reference_image" and not (body.get("reference_media") or body.get("reference_image_urls")):
        return "reference_media is required"
    if len(body.get("reference_image_urls") or ()) > 3 and task == "video_edit":
        return "reference_image_urls allows at most 3 images for video_edit"

    seconds = {
        "wan2.5-i2v-preview": ("5", "10"),
        "video_edit": ("5", "6", "7", "8", "9", "10"),
        "reference_image": tuple(map(str, range(2, 16))),
    }
    allowed = seconds.get(model) or seconds.get(task, ("5", "10", "15"))
    return _needs(body, *needed.get(task, ())) or _one_of(body, "duration", allowed, f"for {model} {task}")


def _wan_spicy(body: Body) -> str | None:
    newer = body.get("model", "wan2.7-i2v-spicy") == "wan2.7-i2v-spicy"
    if body.get("resolution") not in (("720p", "1080p") if newer else ("480p", "720p")):
        return f"resolution {body.get('resolution')} is not available for this model"
    seconds = body.get("duration", 0)
    if not (2 <= seconds <= 15 if newer else seconds in (5, 8)):
        return "duration must be 2 to 15" if newer else "duration must be 5 or 8"
    return None


def _happyhorse(body: Body) -> str | None:
    mode, version = body.get("mode"), body.get("model_version", "1.0")
    if mode != "i2v" and not body.get("prompt"):
        return f"prompt is required for mode {mode}"
    if mode == "i2v" and not body.get("image_url"):
        return "image_url is required for mode i2v"
    if mode == "r2v" and not 1 <= len(body.get("reference_image_urls") or ()) <= 9:
        return "reference_image_urls needs 1 to 9 images for mode r2v"

    if mode == "video-edit":
        if len(body.get("reference_image_urls") or ()) > 5:
            return "reference_image_urls allows at most 5 images for mode video-edit"
        problem = _one_of(body, "resolution", ("720P", "1080P"), "for mode video-edit")
        return problem or _needs(body, "edit_video_url")

    if version == "1.0" and mode != "i2v" and body.get("ratio") in ("4:5", "5:4", "9:21", "21:9"):
        return f"ratio {body['ratio']} needs model_version 1.1"
    if version == "1.0" and str(body.get("duration", "5")) not in ("5", "10", "15"):
        return "duration must be 5, 10 or 15 for model_version 1.0"
    if version == "1.0" and body.get("resolution") == "480P":
        return "resolution 480P needs model_version 1.1"
    return None


def _veo(body: Body) -> str | None:
    images = len(body.get("imageUrls") or ())
    kind = body.get("generationType", "TEXT_2_VIDEO")
    most = {"FIRST_AND_LAST_FRAMES_2_VIDEO": 2, "REFERENCE_2_VIDEO": 3}.get(kind)
    return f"imageUrls needs 1 to {most} images for {kind}" if most and not 1 <= images <= most else None


def _grok(body: Body) -> str | None:
    if body.get("model_type", "text-to-video") == "text-to-video":
        if body.get("model_version") == "1.5":
            return "model_version 1.5 works with image-to-video only"
        ratios = ("1:1", "16:9", "9:16")
        return _needs(body, "prompt") or _one_of(body, "aspect_ratio", ratios, "for text-to-video")
    return None if body.get("image_urls") or body.get("image_url") else "image_urls or image_url is required"


def _kling(body: Body) -> str | None:
    mode, quality = body.get("mode"), body.get("quality_mode", "std")
    old = body.get("version", "2.6") == "2.6"

    if quality == "4k" and (old or mode == "motion-control"):
        return "quality_mode 4k needs version 3.0 and text-to-video or image-to-video"
    if body.get("sound") and old and quality != "pro":
        return "sound needs quality_mode pro in version 2.6"

    if body.get("end_image_url"):
        if mode != "image-to-video" or (quality != "pro" and body.get("model_version") != "fast"):
            return "end_image_url needs mode image-to-video and quality_mode pro"
        if old and body.get("sound"):
            return "end_image_url cannot be combined with sound in version 2.6"

    if old:
        if str(body.get("duration", "5")) not in ("5", "10"):
            return "duration must be 5 or 10 for version 2.6"
        if body.get("model_version") == "fast":
            return "model_version fast needs version 3.0"

    needed = {"image-to-video": ("image_url",), "motion-control": ("image_url", "video_url")}
    return _needs(body, *needed.get(str(mode), ()))


def _kling_omni(body: Body) -> str | None:
    if len(body.get("image_list") or ()) > 7:
        return "image_list allows at most 7 images"
    problem = _one_of(body, "duration", tuple(map(str, range(3, 16))), "(3 to 15)")
    if problem:
        return problem

    if body.get("multi_shot"):
        if body.get("shot_type") == "customize":
            shots = body.get("multi_prompt") or ()
            return None if 1 <= len(shots) <= 6 else "multi_prompt needs 1 to 6 shots"
        if not body.get("shot_type"):
            return "shot_type is required when multi_shot is true"

    return _needs(body, "prompt")


def _hailuo(body: Body) -> str | None:
    if not body.get("image_urls") and not body.get("image_url"):
        return "image_urls or image_url is required"
    if body.get("resolution") == "1080P" and str(body.get("duration")) == "10":
        return "resolution 1080P cannot be combined with duration 10"
    return _needs(body, "prompt")


def _minimax(body: Body) -> str | None:
    if body.get("mode") == "image-to-video":
        return _needs(body, "first_frame_url")
    references = ("reference_image_urls", "reference_video_urls", "reference_audio_urls")
    if body.get("mode") == "reference-to-video" and not any(body.get(field) for field in references):
        return f"one of {', '.join(references)} is required"
    if body.get("mode", "text-to-video") == "text-to-video" and body.get("aspect_ratio") == "adaptive":
        return "aspect_ratio adaptive needs mode reference-to-video"
    return None


def _sora(body: Body) -> str | None:
    from_text = body.get("model_type", "image-to-video") == "text-to-video"
    return None if from_text else _needs(body, "image_urls")


def _seedance(body: Body) -> str | None:
    return _needs(body, "image_url") if body.get("mode") == "image-to-video" else None


def _seedance2(body: Body) -> str | None:
    newer = body.get("model_version") == "2.5"
    seconds = body.get("duration", 5)
    if not newer and seconds > 15:
        return "duration must be at most 15 for Seedance 2.0"
    for field, most in (("reference_urls", 9), ("video_urls", 3), ("audio_urls", 3)):
        if not newer and len(body.get(field) or ()) > most:
            return f"{field} allows at most {most} for Seedance 2.0"

    version = str(body.get("model_version", "standard"))
    tiers = {"2.5": ("480p", "720p", "1080p"), "fast": ("480p", "720p"), "mini": ("480p", "720p")}
    resolutions = tiers.get(version, ("480p", "720p", "1080p", "4k"))
    problem = _one_of(body, "resolution", resolutions, f"for {version}") or _seedance2_omni(body)
    if problem:
        return problem

    if body.get("mode") == "reference":
        fields = ("reference_urls", "video_urls", "audio_urls") if newer else ("reference_urls", "video_urls")
        return None if any(body.get(field) for field in fields) else f"one of {', '.join(fields)} is required"

    needed = {"image-to-video": ("image_url",), "first-last-frames": ("first_frame_url", "last_frame_url")}
    return _needs(body, *needed.get(str(body.get("mode")), ()))


def _seedance2_omni(body: Body) -> str | None:
    kind = body.get("omni_reference_task_type")
    if not kind:
        return None
    if body.get("mode") != "reference" or body.get("model_version") != "2.5":
        return "omni_reference_task_type needs mode reference and model_version 2.5"
    if kind in ("edit", "extend") and body.get("aspect_ratio") != "adaptive":
        return f"aspect_ratio must be adaptive for {kind}"
    if kind == "edit" and (body.get("duration") != -1 or len(body.get("video_urls") or ()) != 1):
        return "edit needs duration -1 and exactly one video"
    return None


def _think_sound(body: Body) -> str | None:
    path = str(body.get("video_url", "")).partition("?")[0].lower()
    return None if path.endswith((".mp4", ".avi", ".mov", ".mkv")) else "Unsupported video format"


def _wan30(body: Body) -> str | None:
    given = body.get("input")
    if not isinstance(given, Mapping):
        return None  # the schema's business
    if given.get("media"):
        return None
    if body.get("mode", "text-to-video") == "text-to-video":
        return None if str(given.get("prompt") or "").strip() else "input.prompt is required"
    return f"input.media is required for mode {body['mode']}"


def _twin(body: Body) -> str | None:
    return None if body.get("image_url") or body.get("video_url") else "image_url or video_url is required"


def _older_twin(body: Body) -> str | None:
    # No document declares the fields; a twin that is there already will do, too.
    return None if body.get("_id") or any(media_urls(body)) else _twin(body)


def _dubbing(body: Body) -> str | None:
    # No document declares the fields, so any name of a file's field will do.
    return None if any(media_urls(body)) else "source_url is required"


_RULES: dict[str, Rule] = {
    "userImage2Video/start": _image_to_video,
    "video/generate": _avatar_video,
    "userText2Image/start": _text_to_image,
    "userGptImage/start": _gpt_image,
    "userFlux2/start": lambda body: _at_most(body, "input_images", 8),
    "userWan26Image/start": lambda body: _at_most(body, "input_images", 4),
    "userWan27Image/start": lambda body: _at_most(body, "input_images", 9),
    "userQwen2Image/start": _qwen2_image,
    "userWan25/start": _wan25,
    "userWan26R2V/start": lambda body: _at_most(body, "reference_urls", 5),
    "userWanSpicy/start": _wan_spicy,
    "userHappyhorseVideo/start": _happyhorse,
    "veoVideo/start": _veo,
    "grokVideo/start": _grok,
    "klingVideo/start": _kling,
    "klingOmni/start": _kling_omni,
    "hailuoVideo/start": _hailuo,
    "minimaxH3Video/start": _minimax,
    "soraVideo/start": _sora,
    "seedanceVideo/start": _seedance,
    "seedance2Video/start": _seedance2,
    "thinkSound/start": _think_sound,
    "userDubbing/startDubbing": _dubbing,
    "userVideoTwin/startTraining": _twin,
    "userVideoTwin/training": _older_twin,
    "userWan30/start": _wan30,
}


def refusal(world: World, call: Call) -> Reply | None:
    """The reply that refuses a start, or None. A refusal costs nothing."""
    body, family = call.body, call.family
    if family.segment == "video" and body.get("back_id") and body.get("custom_back_id"):
        return error(call, 400, "back_id and custom_back_id cannot be used together", code=30005)

    rule = _RULES.get("/".join(call.operation.segments))
    problem = (rule(body) if rule else None) or empty_field(call) or unusable_media(world, call)
    if problem:
        return error(call, 400, problem)

    webhook = body.get("webhook_url")
    if webhook and not (str(webhook).startswith("https://") or is_on_this_machine(str(webhook))):
        return error(call, 400, "webhook_url must be https")

    if family.segment == "userVoice":
        return _voice_guard(world, call)
    return _moderation(call)


def _voice_guard(world: World, call: Call) -> Reply | None:
    """The refusal of a second training at a time, or of one voice too many."""
    voices = [task for task in world.tasks_of(call.family.segment) if task.listed(call.now)]
    if any(not task.ended(call.now) for task in voices):
        return error(call, 400, "Another voice is being trained; wait until it is finished.")
    if "quota" in call.words or len(voices) >= world.config.voice_quota:
        return error(call, 403, "Voice clone limit exceeded.")
    return None


def _moderation(call: Call) -> Reply | None:
    """The refusal that a magic word asks for, in the family's own way."""
    body, family = call.body, call.family
    if family.minor and "minor" in call.words:
        return error(call, 403, "A minor was detected in the image.", code=1003)
    if family.minor and "suspected-minor" in call.words and body.get("minor_suspected_skip") is not True:
        return error(call, 403, "A minor is suspected in the image.", code=1004)

    # For API callers force_generate is on by default. The magic word means a finding that holds even so,
    # unless the caller sets force_generate explicitly.
    if family.nsfw == "empty" and "nsfw" in call.words and body.get("force_generate") is not True:
        return ok(call, {"nsfw": True, "message": "NSFW content detected"})
    return None
