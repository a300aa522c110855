"""JPEG files of what was drawn, twice as wide and as high: baseline, 4:4:4.

A block of 8x8 is four by four pixels of what was drawn. Brightness has all frequencies, colour only its mean.
The Huffman codes are not the shortest, but need no tables: a category of a DC value has four bits; an AC
symbol is "0" for the end of the block, or "1" and the symbol's number.
"""

from __future__ import annotations

import functools
import math
import struct
from collections.abc import Iterator

from a2e_async.sandbox.canvas import Raster, ycbcr

__all__ = ["jpeg"]

_QUANT_DC, _QUANT_AC = 4, 20
_END_OF_BLOCK = 0
_AC_SYMBOLS = (_END_OF_BLOCK, *(run << 4 | size for run in range(16) for size in range(1, 11)), 0xF0)
_AC_CODES = {symbol: f"1{index:08b}" for index, symbol in enumerate(_AC_SYMBOLS[1:])}


def _zigzag(at: int) -> tuple[int, int]:
    """What to sort the 64 frequencies by: their diagonal, then the way along it, which alternates."""
    row, column = divmod(at, 8)
    return row + column, row if (row + column) % 2 else column


_ZIGZAG = sorted(range(64), key=_zigzag)


@functools.cache
def _basis() -> tuple[tuple[float, ...], ...]:
    """The DCT of eight values that are four values, each twice: frequency -> weight of each of the four."""

    def weight(frequency: int, position: int) -> float:
        scale = math.sqrt(0.125) if frequency == 0 else 0.5
        return scale * math.cos((2 * position + 1) * frequency * math.pi / 16)

    return tuple(
        tuple(weight(frequency, 2 * at) + weight(frequency, 2 * at + 1) for at in range(4))
        for frequency in range(8)
    )


def _size_and_bits(value: int) -> tuple[int, str]:
    """How JPEG writes a value: its number of bits, and the bits."""
    size = abs(value).bit_length()
    return size, f"{value if value > 0 else value + (1 << size) - 1:0{size}b}" if size else ""


def _ac_bits(coefficients: list[int]) -> str:
    parts, run = [], 0
    for value in coefficients:
        if not value:
            run += 1
            continue

        while run > 15:
            parts.append(_AC_CODES[0xF0])
            run -= 16
        size, bits = _size_and_bits(value)
        parts.append(_AC_CODES[run << 4 | size] + bits)
        run = 0
    return "".join(parts) + ("" if coefficients[-1] else "0")


@functools.lru_cache(maxsize=4096)
def _block(tile: bytes) -> tuple[int, str, int, int]:
    """One block: its mean brightness, the bits of its other frequencies, and its two mean differences."""
    pixels = [ycbcr()[colour] for colour in tile]
    luma = [y - 128 for y, _, _ in pixels]
    mean = round(sum(luma) / 2 / _QUANT_DC)  # the DC value is eight times the mean
    blue = round(sum(cb for _, cb, _ in pixels) / 2 / _QUANT_DC)
    red = round(sum(cr for _, _, cr in pixels) / 2 / _QUANT_DC)
    if tile.count(tile[0]) == len(tile):
        return mean, "0", blue, red

    basis = _basis()
    rows = [luma[at : at + 4] for at in (0, 4, 8, 12)]
    across = [[sum(map(float.__mul__, row, weights)) for row in rows] for weights in basis]
    values = [
        round(sum(map(float.__mul__, column, basis[v])) / _QUANT_AC) for v in range(8) for column in across
    ]
    return mean, _ac_bits([values[at] for at in _ZIGZAG[1:]]), blue, red


@functools.lru_cache(maxsize=256)
def _band(rows: tuple[bytes, ...], before: tuple[int, int, int]) -> tuple[str, tuple[int, int, int]]:
    """One row of blocks: its bits, and the means of its last block, from which the next one differs."""
    first, second, third, fourth = rows
    parts: list[str] = []
    mean, blue, red = before

    for x in range(0, len(first), 4):
        end = x + 4
        block = _block(first[x:end] + second[x:end] + third[x:end] + fourth[x:end])
        parts += (_difference(block[0] - mean), block[1], _difference(block[2] - blue), "0")
        parts += (_difference(block[3] - red), "0")
        mean, _, blue, red = block
    return "".join(parts), (mean, blue, red)


@functools.cache
def _difference(value: int) -> str:
    size, bits = _size_and_bits(value)
    return f"{size:04b}{bits}"


def _jpeg_bits(raster: Raster) -> Iterator[str]:
    before = 0, 0, 0
    for y in range(0, raster.height, 4):
        bits, before = _band(raster.rows[y : y + 4], before)
        yield bits


def jpeg(raster: Raster, comment: bytes) -> bytes:
    """A baseline JPEG."""

    def segment(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    bits = "".join(_jpeg_bits(raster))
    bits += "1" * (-len(bits) % 8)
    scan = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")

    size = struct.pack(">BHHB", 8, 2 * raster.height, 2 * raster.width, 3)
    parts = b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3))
    dc_lengths = bytes([0, 0, 0, 12] + [0] * 12)
    ac_lengths = bytes([1, 0, 0, 0, 0, 0, 0, 0, len(_AC_SYMBOLS) - 1] + [0] * 7)
    return b"".join(
        [
            b"\xff\xd8",
            segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
            segment(0xFE, comment),
            segment(0xDB, bytes([0, _QUANT_DC] + [_QUANT_AC] * 63)),
            segment(0xC0, size + parts),
            segment(0xC4, b"\x00" + dc_lengths + bytes(range(12))),
            segment(0xC4, b"\x10" + ac_lengths + bytes(_AC_SYMBOLS)),
            segment(0xDA, b"\x03\x01\x00\x02\x00\x03\x00\x00\x3f\x00"),
            scan,
            b"\xff\xd9",
        ]
    )
