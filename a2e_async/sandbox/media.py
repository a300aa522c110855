"""Tiny media files made in code. Each is valid, and differs from those of other seeds."""

from __future__ import annotations

import binascii
import functools
import hashlib
import struct
import zlib

__all__ = ["CONTENT_TYPES", "make", "pattern", "pattern_slice", "png"]

CONTENT_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
}


def make(kind: str, seed: str) -> bytes:
    """Make a media file.

    Args:
        kind: ``png``, ``jpg``, ``webp``, ``mp4``, ``mp3`` or ``wav``.
        seed: decides the content, and is written into the file.
    """
    return _MAKERS[kind](seed.encode())


def png(width: int, height: int, colour: tuple[int, int, int], *, comment: bytes = b"") -> bytes:
    """Make a PNG picture of one colour.

    Args:
        width: in pixels.
        height: in pixels.
        colour: red, green and blue, each 0 to 255.
        comment: written into the file; different comments make different files.
    """

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", binascii.crc32(kind + data))

    rows = (b"\x00" + bytes(colour) * width) * height
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            chunk(b"tEXt", b"Comment\x00" + comment),
            chunk(b"IDAT", zlib.compress(rows, 9)),
            chunk(b"IEND", b""),
        ]
    )


def _shade(seed: bytes) -> int:
    """A brightness from 0 to 255."""
    return hashlib.sha256(seed).digest()[0]


def _png(seed: bytes) -> bytes:
    shade = _shade(seed)
    return png(16, 16, (shade, 255 - shade, 128), comment=seed)


def _jpeg(seed: bytes) -> bytes:
    """A baseline greyscale JPEG of one 8x8 block of one shade."""

    def segment(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    # One Huffman code per table: the DC category 8 is "0", the AC end of block is "0".
    category = 8
    level = 128 + (_shade(seed) & 0x7F)  # an 8-bit DC difference; positive, so its bits need no change
    bits = f"0{level:08b}0"
    bits += "1" * (-len(bits) % 8)
    scan = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")

    one_code = bytes([1] + [0] * 15)
    return b"".join(
        [
            b"\xff\xd8",
            segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
            segment(0xFE, seed),
            segment(0xDB, b"\x00" + bytes([1] * 64)),
            segment(0xC0, struct.pack(">BHHB", 8, 8, 8, 1) + b"\x01\x11\x00"),
            segment(0xC4, b"\x00" + one_code + bytes([category])),
            segment(0xC4, b"\x10" + one_code + b"\x00"),
            segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
            scan,
            b"\xff\xd9",
        ]
    )


def _webp(seed: bytes) -> bytes:
    """A lossless WebP. Its five prefix codes have one symbol each, so its pixels take no bits."""
    red, size = _shade(seed), 16
    fields = [(0x2F, 8), (size - 1, 14), (size - 1, 14), (0, 1), (0, 3), (0, 1), (0, 1), (0, 1)]
    for symbol in (128, red, 64, 255):  # green, red, blue, alpha
        fields += [(1, 1), (0, 1), (1, 1), (symbol, 8)]
    fields += [(1, 1), (0, 1), (0, 1), (0, 1)]  # distance: symbol 0

    value = offset = 0
    for number, width in fields:
        value |= number << offset
        offset += width
    return _riff(b"WEBP", [(b"VP8L", value.to_bytes((offset + 7) // 8, "little")), (b"NOTE", seed)])


def _riff(form: bytes, chunks: list[tuple[bytes, bytes]]) -> bytes:
    body = form
    for name, data in chunks:
        body += name + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _wav(seed: bytes) -> bytes:
    rate, shade = 8000, _shade(seed)
    samples = bytes((128 + (shade % 64 + 1) * (1 if i // 10 % 2 else -1)) & 0xFF for i in range(rate // 10))
    header = struct.pack("<HHIIHH", 1, 1, rate, rate, 1, 8)
    note = seed + b"\x00" * (2 - len(seed) % 2)
    comment = b"INFOICMT" + struct.pack("<I", len(note)) + note
    return _riff(b"WAVE", [(b"fmt ", header), (b"LIST", comment), (b"data", samples)])


def _mp3(seed: bytes) -> bytes:
    """An ID3v2 tag and ten silent frames: MPEG-1 layer III, 32 kbit/s, 44.1 kHz, mono."""
    text = b"\x00" + seed
    frame = b"TIT2" + struct.pack(">IH", len(text), 0) + text
    size = len(frame)
    synchsafe = bytes([size >> 21 & 0x7F, size >> 14 & 0x7F, size >> 7 & 0x7F, size & 0x7F])
    return b"ID3\x03\x00\x00" + synchsafe + frame + (b"\xff\xfb\x10\xc4" + b"\x00" * 100) * 10


def _mp4(seed: bytes) -> bytes:
    """An MP4 with one video track of two JPEG samples (object type 0x6C in an mp4v entry)."""

    def box(kind: bytes, *parts: bytes) -> bytes:
        data = b"".join(parts)
        return struct.pack(">I", len(data) + 8) + kind + data

    def full(kind: bytes, flags: int, *parts: bytes) -> bytes:
        return box(kind, struct.pack(">I", flags), *parts)

    sample, count, scale, size = _jpeg(seed), 2, 2, 8
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    start = box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2mp41")
    note = box(b"free", seed)

    # Elementary stream descriptor: JPEG, visual stream; then the SL config of MP4.
    decoder = b"\x04\x0d\x6c\x11" + b"\x00" * 11
    esds = full(b"esds", 0, b"\x03" + bytes([len(decoder) + 6]), b"\x00\x01\x00", decoder, b"\x06\x01\x02")
    entry = box(
        b"mp4v",
        struct.pack(">6xH16xHHIIIH32xHh", 1, size, size, 0x480000, 0x480000, 0, 1, 24, -1),
        esds,
    )

    def moov(offset: int) -> bytes:
        table = box(
            b"stbl",
            full(b"stsd", 0, struct.pack(">I", 1), entry),
            full(b"stts", 0, struct.pack(">III", 1, count, 1)),
            full(b"stsc", 0, struct.pack(">IIII", 1, 1, count, 1)),
            full(b"stsz", 0, struct.pack(">II", len(sample), count)),
            full(b"stco", 0, struct.pack(">II", 1, offset)),
        )

        data = box(b"dinf", full(b"dref", 0, struct.pack(">I", 1), full(b"url ", 1)))
        info = box(b"minf", full(b"vmhd", 1, b"\x00" * 8), data, table)

        handler = full(b"hdlr", 0, struct.pack(">4x4s12x", b"vide"), b"video\x00")
        media_header = full(b"mdhd", 0, struct.pack(">IIIIHH", 0, 0, scale, count, 0x55C4, 0))
        track_header = full(
            b"tkhd",
            3,
            struct.pack(">IIIII8xhhhH", 0, 0, 1, 0, count, 0, 0, 0, 0),
            matrix,
            struct.pack(">II", size << 16, size << 16),
        )
        movie_header = full(
            b"mvhd",
            0,
            struct.pack(">IIIIIH10x", 0, 0, scale, count, 0x10000, 0x0100),
            matrix,
            struct.pack(">24xI", 2),
        )

        return box(
            b"moov", movie_header, box(b"trak", track_header, box(b"mdia", media_header, handler, info))
        )

    offset = len(start) + len(note) + len(moov(0)) + 8
    return start + note + moov(offset) + box(b"mdat", sample * count)


_MAKERS = {"png": _png, "jpg": _jpeg, "webp": _webp, "mp4": _mp4, "mp3": _mp3, "wav": _wav}

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
