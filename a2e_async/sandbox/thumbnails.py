"""Small pictures of what was uploaded. PNG is decoded; of others only the kind and the size are read."""

from __future__ import annotations

import functools
import itertools
import struct
import zlib
from collections.abc import Iterator, Sequence

import attrs

from a2e_async.sandbox.canvas import Raster

__all__ = ["LARGEST_FILE", "describe", "thumbnail"]

LARGEST_FILE = 4 * 1024 * 1024
_LARGEST_PICTURE = 32 * 1024 * 1024  # bytes of pixels
_SLOW_BYTES = 500_000  # that may go through the filters that take a loop in Python: a tenth of a second

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


@attrs.frozen
class _Png:
    """A PNG of eight bits a channel, as its chunks give it."""

    width: int
    height: int
    colour_type: int
    palette: bytes
    transparency: bytes
    packed: bytes


def thumbnail(data: bytes, side: int) -> Raster | None:
    """A picture that fits into a square; None if it is no PNG, or one that takes long to decode."""
    try:
        png = _read_png(data)
        return None if png is None else _shrunk(png, side)
    except (struct.error, zlib.error, ValueError, IndexError):
        return None


def describe(data: bytes) -> str:
    """What a file is, and how large its picture: ``JPEG 640x480``. Empty for a kind that is not known."""
    if data.startswith(b"\x89PNG") and len(data) >= 24:
        return "PNG {}x{}".format(*struct.unpack(">II", data[16:24]))
    if data.startswith(b"GIF8"):
        return "GIF {}x{}".format(*struct.unpack("<HH", data[6:10])) if len(data) >= 10 else "GIF"
    if data.startswith(b"\xff\xd8"):
        return f"JPEG {_jpeg_size(data)}".strip()

    for name, mark, at in (("WEBP", b"WEBP", 8), ("WAV", b"WAVE", 8), ("MP4", b"ftyp", 4)):
        if data.startswith(mark, at):
            return name
    return "MP3" if data.startswith((b"ID3", b"\xff\xfb", b"\xff\xf3")) else ""


def _jpeg_size(data: bytes) -> str:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return f"{width}x{height}"
        at += 2 + max(length, 2)
    return ""


# PNG


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 8 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _read_png(data: bytes) -> _Png | None:
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return None

    found: dict[bytes, bytes] = {}
    for kind, content in _chunks(data):
        found[kind] = found.get(kind, b"") + content if kind == b"IDAT" else content
    width, height, depth, colour_type, _, _, interlaced = struct.unpack(">IIBBBBB", found.get(b"IHDR", b""))
    if depth != 8 or interlaced or not (width and height) or colour_type not in _CHANNELS:
        return None
    return _Png(
        width, height, colour_type, found.get(b"PLTE", b""), found.get(b"tRNS", b""), found.get(b"IDAT", b"")
    )


def _shrunk(png: _Png, side: int) -> Raster | None:
    channels = _CHANNELS[png.colour_type]
    length = png.width * channels + 1
    if length * png.height > _LARGEST_PICTURE:
        return None

    unpacked = zlib.decompressobj().decompress(png.packed, length * png.height)
    rows = [unpacked[at : at + length] for at in range(0, length * png.height, length)]
    slow = sum(row[0] in (3, 4) for row in rows) * length + sum(row[0] == 1 for row in rows) * length // 3
    if len(rows[-1]) != length or slow > _SLOW_BYTES:
        return None

    scale = max(png.width, png.height) / side
    width, height = max(1, round(png.width / scale)), max(1, round(png.height / scale))
    columns = [min(int((x + 0.5) * png.width / width), png.width - 1) for x in range(width)]
    picks = [min(int((y + 0.5) * png.height / height), png.height - 1) for y in range(height)]
    wanted = frozenset(picks)

    small: dict[int, bytes] = {}
    for number, row in enumerate(_unfiltered(rows, channels)):
        if number in wanted:
            small[number] = _quantised(*_colours(png, row, columns), parity=len(small) % 2)
    return Raster(width, height, tuple(small[pick] for pick in picks))


def _unfiltered(rows: Sequence[bytes], channels: int) -> Iterator[bytes]:
    before = bytes(len(rows[0]) - 1)
    for row in rows:
        before = _FILTERS[row[0]](row[1:], before, channels)
        yield before


def _none(values: bytes, _before: bytes, _channels: int) -> bytes:
    return values


def _up(values: bytes, before: bytes, _channels: int) -> bytes:
    return bytes(map(0xFF.__and__, map(int.__add__, values, before))) if any(values) else before


def _sub(values: bytes, _before: bytes, channels: int) -> bytes:
    out = bytearray(len(values))
    for channel in range(channels):
        sums = itertools.accumulate(values[channel::channels])
        out[channel::channels] = bytes(map(0xFF.__and__, sums))
    return bytes(out)


def _average(values: bytes, before: bytes, channels: int) -> bytes:
    out = bytearray(channels)
    for at, value in enumerate(values):
        out.append((value + ((out[at] + before[at]) >> 1)) & 0xFF)
    return bytes(out[channels:])


def _paeth(values: bytes, before: bytes, channels: int) -> bytes:
    out, corners = bytearray(channels), bytes(channels) + before
    for at, value in enumerate(values):
        left, above, corner = out[at], before[at], corners[at]
        to_left, to_above, to_corner = abs(above - corner), abs(left - corner), abs(left + above - 2 * corner)
        if to_left > to_above or to_left > to_corner:
            left = above if to_above <= to_corner else corner
        out.append((value + left) & 0xFF)
    return bytes(out[channels:])


_FILTERS = (_none, _sub, _up, _average, _paeth)


def _colours(png: _Png, row: bytes, columns: Sequence[int]) -> tuple[bytes, bytes, bytes]:
    """Red, green and blue of some pixels of a row; white where they are transparent."""
    channels = _CHANNELS[png.colour_type]
    parts = [bytes(row[column * channels + channel] for column in columns) for channel in range(channels)]

    alpha = b""
    if png.colour_type == 3:
        indexes = parts[0]
        parts = [indexes.translate(png.palette[part::3].ljust(256, b"\x00")) for part in range(3)]
        alpha = indexes.translate(png.transparency.ljust(256, b"\xff"))
    elif png.colour_type in (4, 6):
        alpha = parts.pop()
    if len(parts) == 1:
        parts *= 3
    if alpha and min(alpha) < 128:
        parts = [bytes(v if a >= 128 else 255 for v, a in zip(part, alpha, strict=True)) for part in parts]
    return parts[0], parts[1], parts[2]


@functools.cache
def _level_tables(weight: int) -> tuple[bytes, bytes]:
    """A part of a colour -> its share in the colour's number; one table rounds down more, the other up."""

    def table(offset: int) -> bytes:
        return bytes(min((value + offset) // 51, 5) * weight for value in range(256))

    return table(14), table(38)


def _quantised(red: bytes, green: bytes, blue: bytes, *, parity: int) -> bytes:
    """The numbers of the nearest colours. Neighbours round differently, so that shades seem to be more."""
    out = bytearray(len(red))
    for start in (0, 1):
        shares = [
            part[start::2].translate(_level_tables(weight)[(start + parity) % 2])
            for part, weight in ((red, 36), (green, 6), (blue, 1))
        ]
        out[start::2] = bytes(map(sum, zip(*shares, strict=True)))
    return bytes(out)
