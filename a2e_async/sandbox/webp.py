"""WebP files of what was drawn, twice as wide and as high: lossless.

A run of one colour is a pixel and a copy of its left neighbour; a row that repeats the one above is a copy of
the pixels above. Symbols have codes of one length, so that the codes need no tables.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator

from a2e_async.sandbox.canvas import COLOURS, Raster
from a2e_async.sandbox.riff import riff

__all__ = ["webp"]

_LEVELS = tuple(range(0, 256, 51))
_LENGTHS = range(256, 280)  # the symbols of green that begin a copy
_LONGEST = 4096


def _flat_code(symbols: list[int], alphabet: int, bits: int) -> tuple[str, dict[int, str]]:
    """A prefix code of 2 ** `bits` symbols: its description, and the code of each symbol."""
    while len(symbols) < 1 << bits:
        symbols = [*symbols, next(one for one in range(alphabet) if one not in symbols)]  # never used

    # The lengths of the codes have a code too. It has two symbols, 0 and `bits`, of one bit each.
    order = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
    lengths = "".join(_low_first(1 if one in (0, bits) else 0, 3) for one in order[:12])
    used = set(symbols)
    description = "0" + _low_first(12 - 4, 4) + lengths + "0"
    description += "".join("1" if one in used else "0" for one in range(alphabet))
    return description, {symbol: f"{index:0{bits}b}" for index, symbol in enumerate(sorted(symbols))}


def _low_first(value: int, width: int) -> str:
    return f"{value:0{width}b}"[::-1] if width else ""


@functools.cache
def _webp_codes() -> tuple[str, tuple[str, ...], Callable[[int], str]]:
    """The description of all codes, the code of every colour, and that of a copy's length."""
    green_text, green = _flat_code([*_LEVELS, *_LENGTHS], 280, 5)
    text, other = _flat_code(list(_LEVELS), 256, 3)
    alpha = "1" + "0" + "1" + _low_first(255, 8)  # one symbol, which takes no bits
    distance = "1" + "1" + "0" + "0" + _low_first(1, 8)  # "0": the pixel above, "1": the one to the left

    @functools.cache
    def copy(length: int) -> str:
        if length <= 4:
            return green[256 + length - 1]
        high = (length - 1).bit_length() - 1
        second = (length - 1) >> (high - 1) & 1
        rest = (length - 1) & ((1 << (high - 1)) - 1)
        return green[256 + 2 * high + second] + _low_first(rest, high - 1)

    pixels = tuple(green[g] + other[r] + other[b] for r, g, b in COLOURS)
    return green_text + text + text + alpha + distance, pixels, copy


def _webp_bits(raster: Raster) -> Iterator[str]:
    description, pixels, copy = _webp_codes()
    width = 2 * raster.width
    yield _low_first(0x2F, 8) + _low_first(width - 1, 14) + _low_first(2 * raster.height - 1, 14)
    yield "0" + "000" + "000" + description  # no alpha, version 0; no transform, colour cache or other codes

    for row, same in itertools.groupby(raster.rows):
        for colour, run in itertools.groupby(row):
            yield f"{pixels[colour]}{copy(2 * len(list(run)) - 1)}1"
        left = (2 * len(list(same)) - 1) * width
        while left:
            part = min(left, _LONGEST)
            yield f"{copy(part)}0"
            left -= part


def webp(raster: Raster, comment: bytes) -> bytes:
    """A lossless WebP."""
    bits = "".join(_webp_bits(raster))
    data = int(bits[::-1], 2).to_bytes((len(bits) + 7) // 8, "little")
    return riff(b"WEBP", [(b"VP8L", data), (b"NOTE", comment)])
