"""PNG files: of what was drawn, twice as wide and as high, or of one colour."""

from __future__ import annotations

import binascii
import struct
import zlib

from a2e_async.sandbox.canvas import COLOURS, Raster

__all__ = ["plain_png", "png"]


def _png_file(header: tuple[int, ...], comment: bytes, rows: bytes, palette: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", binascii.crc32(kind + data))

    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", *header, 0, 0, 0)),
            chunk(b"tEXt", b"Comment\x00" + comment),
            chunk(b"PLTE", palette) if palette else b"",
            chunk(b"IDAT", zlib.compress(rows, 6)),
            chunk(b"IEND", b""),
        ]
    )


def plain_png(width: int, height: int, colour: tuple[int, int, int], comment: bytes) -> bytes:
    """A PNG picture of one colour."""
    rows = (b"\x00" + bytes(colour) * width) * height
    return _png_file((width, height, 8, 2), comment, rows)


def _wide(row: bytes) -> bytes:
    """A row with every pixel twice."""
    wide = bytearray(2 * len(row))
    wide[::2] = wide[1::2] = row
    return bytes(wide)


def png(raster: Raster, comment: bytes) -> bytes:
    """A PNG with a palette. A row that repeats the one above is written as "as above" (filter 2)."""
    width, height = 2 * raster.width, 2 * raster.height
    as_above = b"\x02" + bytes(width)

    rows, before = [], b""
    for row in raster.rows:
        rows += [as_above if row == before else b"\x00" + _wide(row), as_above]
        before = row
    palette = b"".join(map(bytes, COLOURS))
    return _png_file((width, height, 8, 3), comment, b"".join(rows), palette)
