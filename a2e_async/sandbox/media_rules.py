"""Refusals for the media in a start's body: empty fields, and files that are not what they should be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from a2e_async.sandbox.replies import Call

if TYPE_CHECKING:
    from a2e_async.sandbox.world import World

__all__ = ["empty_field", "media_urls", "unusable_media"]

MEDIA_FIELD = re.compile(r"(^|_)urls?$|Urls?$|Src$|_images$|^image_list$")
KIND_WORD = re.compile("image|photo|face|cover|frame|video|clip|audio|voice")
KINDS_BY_WORD = {
    **dict.fromkeys(("image", "photo", "face", "cover", "frame"), ("image",)),
    **dict.fromkeys(("video", "clip"), ("video",)),
    **dict.fromkeys(("audio", "voice"), ("audio", "video")),
}
ANY_KIND = ("image", "video", "audio")
SEEN = ("image", "video")
SOURCES = {
    "userDubbing": {"source_url": ("video", "audio")},
    "userCaptionRemoval": {"source_url": SEEN},
    "userUpscale": {"source_url": SEEN},
    "headSwap": {"target_image_url": SEEN},
    "userFaceSwapTask": {"video_url": SEEN},
    "userFaceSwapPreview": {"video_url": SEEN},
}
SILENT = frozenset({"veoVideo"})  # makes up its own words
NOT_MEDIA = frozenset({"webhook_url", "cdnDomain", "urlPrefix"})


def media_urls(body: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every value of a media field in a body, each as (field, URL)."""
    if isinstance(body, Mapping):
        for key, value in body.items():
            if key not in NOT_MEDIA:
                yield from media_urls(value, key)
    elif isinstance(body, list):
        for value in body:
            yield from media_urls(value, name)
    elif isinstance(body, str) and body and MEDIA_FIELD.search(name):
        yield name, body


def empty_field(call: Call) -> str | None:
    """What is wrong with a body whose required media, or whose words if it has no media, are empty."""
    body = call.body
    for name in call.operation.required_fields:
        value = body.get(name)
        if MEDIA_FIELD.search(name) and (not value or (isinstance(value, list) and not all(value))):
            return f"{name} should not be empty"
        silent = name == "prompt" and not str(value or "").strip() and call.family.segment not in SILENT
        if silent and not any(media_urls(body)):
            return f"{name} should not be empty"
    return None


def unusable_media(world: World, call: Call) -> str | None:
    """What is wrong with the first media URL that the service could not use."""
    for name, url in media_urls(call.body):
        if url.startswith("data:"):
            continue  # one client reports success with data URLs for image models
        if not url.startswith(("http://", "https://")) or re.search(r"\s", url):
            return f"{name} must be a public URL without spaces"
        if world.files.points_here(url) and world.files.behind(url) is None:
            return f"{name} cannot be downloaded"

        kind, wanted = world.known_kind(url), _wanted_kinds(call, name)
        if kind in ("image", "video", "audio") and kind not in wanted:
            return f"{name} must be {' or '.join(wanted)}, but is {kind}"
    return None


def _wanted_kinds(call: Call, name: str) -> tuple[str, ...]:
    """The kinds of media that a field takes, as its name says, or what is known about the family."""
    known = SOURCES.get(call.family.segment, {}).get(name)
    if known:
        return known
    words = KIND_WORD.findall(name.lower())
    return KINDS_BY_WORD[words[-1]] if words else ANY_KIND
