"""The media files that the sandbox makes in code. Each is valid, and differs from those of other seeds."""

from __future__ import annotations

import functools
import hashlib
import struct

from a2e_async.sandbox import sounds
from a2e_async.sandbox.jpeg import jpeg
from a2e_async.sandbox.mp4 import mp4
from a2e_async.sandbox.png import plain_png
from a2e_async.sandbox.png import png as drawn_png
from a2e_async.sandbox.scenes import Scene, draw
from a2e_async.sandbox.webp import webp

__all__ = ["CONTENT_TYPES", "make", "pattern", "pattern_slice", "png"]

CONTENT_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
}

_PICTURES = {"png": drawn_png, "jpg": jpeg, "webp": webp}
_SOUNDS = {"mp3": sounds.mp3, "wav": sounds.wav}


def make(kind: str, scene: Scene | str) -> bytes:
    """Make a media file. The same scene gives the same bytes.

    Args:
        kind: ``png``, ``jpg``, ``webp``, ``mp4``, ``mp3`` or ``wav``.
        scene: what it shows, or only its seed, which is written into the file.
    """
    if isinstance(scene, str):
        scene = Scene(scene)
    seed = scene.seed.encode()

    if kind in _PICTURES:
        return _PICTURES[kind](draw(scene), seed)
    if kind in _SOUNDS:
        return _SOUNDS[kind](seed, scene.seconds)

    sound = tuple(sounds.mp3_frames(seed, 1.0)) if scene.speaks else ()
    return mp4(draw(scene, moves=True), seed, sound)


def png(width: int, height: int, colour: tuple[int, int, int], *, comment: bytes = b"") -> bytes:
    """Make a PNG picture of one colour.

    Args:
        width: in pixels.
        height: in pixels.
        colour: red, green and blue, each 0 to 255.
        comment: written into the file; different comments make different files.
    """
    return plain_png(width, height, colour, comment)


_BLOCK = 65536


@functools.cache
def _block() -> bytes:
    return b"".join(hashlib.sha256(struct.pack(">I", i)).digest() for i in range(_BLOCK // 32))


def pattern_slice(start: int, end: int) -> bytes:
    """The bytes from `start` up to, but not including, `end` of the file behind ``/files/bytes/<n>``.

    Each block of 64 KiB starts with its own number, so a wrong offset changes any checksum.
    """
    parts = []
    while start < end:
        number, inside = divmod(start, _BLOCK)
        block = struct.pack(">Q", number) + _block()[8:]
        part = block[inside : inside + end - start]
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def pattern(size: int) -> bytes:
    """The whole file behind ``/files/bytes/<size>``, to compare a download with."""
    return pattern_slice(0, size)
