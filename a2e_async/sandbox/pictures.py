"""PNG, JPEG and WebP files of what was drawn, twice as wide and as high."""

from __future__ import annotations

import binascii
import functools
import itertools
import math
import struct
import zlib
from collections.abc import Callable, Iterator

from a2e_async.sandbox.canvas import COLOURS, Raster

__all__ = ["jpeg", "plain_png", "png", "riff", "webp"]


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


# JPEG: baseline, 4:4:4. A block of 8x8 is four by four pixels of what was drawn. Brightness has all
# frequencies, colour only its mean. The Huffman codes are not the shortest, but need no tables: a category of
# a DC value has four bits; an AC symbol is "0" for the end of the block, or "1" and the symbol's number.

_QUANT_DC, _QUANT_AC = 4, 20
_END_OF_BLOCK = 0
_AC_SYMBOLS = (_END_OF_BLOCK, *(run << 4 | size for run in range(16) for size in range(1, 11)), 0xF0)
_AC_CODES = {symbol: f"1{index:08b}" for index, symbol in enumerate(_AC_SYMBOLS[1:])}


def _zigzag(at: int) -> tuple[int, int]:
    """What to sort the 64 frequencies by: their diagonal, then the way along it, which alternates."""
    row, column = divmod(at, 8)
    return row + column, row if (row + column) % 2 else column


_ZIGZAG = sorted(range(64), key=_zigzag)


def _luma(colour: int) -> float:
    red, green, blue = COLOURS[colour]
    return 0.299 * red + 0.587 * green + 0.114 * blue


@functools.cache
def _chroma() -> tuple[tuple[float, float], ...]:
    """The blue and the red difference of every colour."""
    return tuple(
        ((blue - _luma(number)) / 1.772, (red - _luma(number)) / 1.402)
        for number, (red, _, blue) in enumerate(COLOURS)
    )


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
    luma = [_luma(colour) - 128 for colour in tile]
    mean = round(sum(luma) / 2 / _QUANT_DC)  # the DC value is eight times the mean
    blue = round(sum(_chroma()[colour][0] for colour in tile) / 2 / _QUANT_DC)
    red = round(sum(_chroma()[colour][1] for colour in tile) / 2 / _QUANT_DC)
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


# WebP, lossless. A run of one colour is a pixel and a copy of its left neighbour; a row that repeats the one
# above is a copy of the pixels above. Symbols have codes of one length, so that the codes need no tables.

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


def riff(form: bytes, chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A RIFF file: WebP and WAV are such files."""
    body = form
    for name, data in chunks:
        body += name + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body
