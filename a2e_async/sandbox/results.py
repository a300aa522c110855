"""The files of results: what each shows, made when it is first asked for."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import attrs

from a2e_async.sandbox import media
from a2e_async.sandbox.media_rules import media_urls
from a2e_async.sandbox.scenes import THUMBNAIL, Input, Scene, draw
from a2e_async.sandbox.sounds import speech_seconds
from a2e_async.sandbox.thumbnails import LARGEST_FILE, describe, thumbnail

if TYPE_CHECKING:
    from a2e_async.sandbox.canvas import Raster
    from a2e_async.sandbox.tasks import Task
    from a2e_async.sandbox.world import World

__all__ = ["MadeFile", "MadeFiles", "result_scene", "speech_scene"]

_TEXTS = ("prompt", "msg", "positive_prompt", "caption")
_NOTES = (
    "aspect_ratio",
    "ratio",
    "size",
    "resolution",
    "quality",
    "duration",
    "video_time",
    "target_lang",
    "mode",
)
_SECONDS = frozenset({"duration", "video_time", "duration_seconds"})
_SPEAKING = frozenset({"talkingPhoto", "talkingVideo", "video", "thinkSound", "userDubbing"})
_SOUNDING = ("audio_url", "audio", "sound", "generate_audio")
_THUMBNAILS = 256
_DEPTH = 3  # a result that was made of a result shows it, and so on


@attrs.frozen
class MadeFile:
    """One made file."""

    data: bytes
    etag: str


class MadeFiles:
    """Keeps the newest files that were made. An older one is made again, with the same bytes.

    Args:
        limit: bytes that all kept files together may have.
    """

    def __init__(self, limit: int = 32 * 1024 * 1024) -> None:
        self._limit = limit
        self._size = 0
        self._files: OrderedDict[tuple[str, str], MadeFile] = OrderedDict()
        self._thumbnails: dict[str, Raster | None] = {}

    def get(self, kind: str, seed: str, scene: Callable[[], Scene]) -> MadeFile:
        """A file, made if need be.

        Args:
            kind: as for `media.make`.
            seed: which file it is.
            scene: says what it shows.
        """
        key = kind, seed
        found = self._files.get(key)
        if found is not None:
            self._files.move_to_end(key)
            return found

        data = media.make(kind, scene())
        made = self._files[key] = MadeFile(data, f"{zlib.crc32(data):08x}")
        self._size += len(data)
        while self._size > self._limit and len(self._files) > 1:
            _, oldest = self._files.popitem(last=False)
            self._size -= len(oldest.data)
        return made

    def thumbnail(self, etag: str, data: bytes) -> Raster | None:
        """The thumbnail of an upload, which may be the input of many tasks."""
        if etag not in self._thumbnails:
            if len(self._thumbnails) >= _THUMBNAILS:
                self._thumbnails.clear()
            self._thumbnails[etag] = thumbnail(data, THUMBNAIL)
        return self._thumbnails[etag]


def speech_scene(world: World, preview: str) -> Scene:
    """What the speech of a preview is: as long as its text."""
    return Scene(f"tts {preview}", seconds=speech_seconds(_spoken(world, preview)))


def _spoken(world: World, preview: str) -> str:
    return str(world.records.get("preview", {}).get(preview, {}).get("msg", ""))


def result_scene(world: World, task: Task, index: str, *, depth: int = _DEPTH) -> Scene:
    """What a result of a task shows: its prompt, its settings and its inputs."""
    body = task.body
    urls = list(dict.fromkeys(media_urls(body)))

    speaks = task.family.segment in _SPEAKING or any(body.get(field) for field in _SOUNDING)
    return Scene(
        seed=f"{task.id} {index}",
        title=task.family.workflow.replace("_", " ").upper(),
        text=_text(body) or ", ".join(_file_name(url) for _, url in urls),
        notes="  ".join(_notes(body)),
        inputs=tuple(_input(world, name, url, depth) for name, url in urls[:2]),
        seconds=_seconds(world, [url for _, url in urls]),
        speaks=speaks,
    )


def _text(body: Mapping[str, Any]) -> str:
    """What the body asks for in words."""
    for holder in (body, body.get("input")):
        if isinstance(holder, Mapping):
            for field in _TEXTS:
                if isinstance(holder.get(field), str) and holder[field].strip():
                    return str(holder[field])
    return ""


def _notes(body: Mapping[str, Any]) -> Iterator[str]:
    settings = body.get("parameters")
    given = {**body, **settings} if isinstance(settings, Mapping) else body
    for field in _NOTES:
        value = given.get(field)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and len(str(value)) <= 16:
            yield f"{value} s" if field in _SECONDS else str(value)


# Inputs


def _input(world: World, name: str, url: str, depth: int) -> Input:
    """What is known about the file behind a URL, and a thumbnail if it can be made."""
    if url.startswith("data:"):
        data = _data_url(url)
        return Input((name, describe(data)), thumbnail(data, THUMBNAIL))

    made = _made_picture(world, url, depth)
    if made is not None:
        return Input((), made)

    stored = world.files.behind(url)
    if stored is None:
        return Input((name, urlsplit(url).hostname or "", _file_name(url)))
    data = stored.read(0, min(stored.size, LARGEST_FILE))
    picture = world.made.thumbnail(stored.etag, data)
    return Input((name, describe(data) or stored.content_type, _file_name(url)), picture)


def _data_url(url: str) -> bytes:
    try:
        return base64.b64decode(url[: 2 * LARGEST_FILE].partition(",")[2], validate=False)
    except (binascii.Error, ValueError):
        return b""


def _made_picture(world: World, url: str, depth: int) -> Raster | None:
    """A small copy of what a result of this sandbox shows."""
    found = world.result_behind(url)
    if found is None or depth == 0:
        return None
    task, index = found
    if task.files[index].kind in ("mp3", "wav"):
        return None
    return draw(result_scene(world, task, str(index), depth=depth - 1)).smaller(3)


def _file_name(url: str) -> str:
    if url.startswith("data:"):
        return "data"
    return unquote(urlsplit(url).path).rpartition("/")[2]


def _seconds(world: World, urls: list[str]) -> float:
    """How long the speech in the inputs is, as far as that is known."""
    for url in urls:
        preview = world.preview_behind(url)
        if preview is not None:
            return speech_seconds(_spoken(world, preview))

        stored = world.files.behind(url)
        head = stored.read(0, 64) if stored is not None else b""
        if stored is not None and head[:4] + head[8:16] == b"RIFFWAVEfmt ":
            rate = int.from_bytes(head[28:32], "little")  # bytes a second
            return min(max((stored.size - 44) / max(rate, 1), 0.5), 120.0)
    return 3.0
