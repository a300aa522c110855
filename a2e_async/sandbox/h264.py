"""Video of one second that moves: H.264 that every browser plays.

The first frame is what was drawn. Its macroblocks, squares of 16 pixels, are either repeated from the left or
written as they are (I_PCM), so nothing needs to be transformed. Every other frame only says from where in the
first frame each macroblock is copied: that is how things move at almost no cost. Each row of macroblocks is a
slice of its own, so that what is predicted depends on the neighbour to the left only.
"""

from __future__ import annotations

import functools
import math
import re
import struct
from collections.abc import Iterator, Sequence

from a2e_async.sandbox.canvas import SIDE, Raster, ycbcr

__all__ = ["BAR_ROW", "FRAMES", "STEADY_ROWS", "parameter_sets", "samples"]

FRAMES = 24
BLOCK = 16
ROWS = SIDE // BLOCK
STEADY_ROWS = 8  # rows of macroblocks at the top that do not move
BAR_ROW = ROWS - 1  # shows how much has been played: one filled macroblock, which the others are copied from
SWAY = 8  # pixels to either side

_IDR, _SLICE, _SPS, _PPS = 0x65, 0x01, 0x67, 0x68


# Bits


def _ue(value: int) -> str:
    """An unsigned Exp-Golomb code."""
    bits = f"{value + 1:b}"
    return "0" * (len(bits) - 1) + bits


def _se(value: int) -> str:
    """A signed Exp-Golomb code."""
    return _ue(2 * value - 1 if value > 0 else -2 * value)


def _unit(kind: int, payload: bytes) -> bytes:
    """A NAL unit. A byte 3 keeps two zeros from looking like the start of the next unit."""
    return bytes([kind]) + re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", payload)


def _ended(bits: str) -> bytes:
    """Bits, the stop bit, and zeros up to a whole byte."""
    bits += "1"
    return _packed(bits)


def _packed(bits: str) -> bytes:
    length = (len(bits) + 7) // 8
    return (int(bits or "0", 2) << (-len(bits) % 8)).to_bytes(length, "big")


# Parameter sets and slice headers


def parameter_sets() -> tuple[bytes, bytes]:
    """The sequence's and the picture's parameters: Constrained Baseline, level 3.0, no deblocking."""
    side = _ue(ROWS - 1)

    sequence = "".join(
        [
            _ue(0),  # id
            _ue(0),  # frame numbers have four bits
            _ue(0) + _ue(4),  # the order is in each slice, in eight bits
            _ue(1) + "0",  # one reference frame, no gaps
            side + side + "1" + "1" + "0",  # whole frames, not cropped
            "0",  # no further information
        ]
    )
    picture = "".join(
        [
            _ue(0) + _ue(0),  # its id, and that of the sequence
            "0" + "0" + _ue(0),  # CAVLC, nothing about bottom fields, one slice group
            _ue(0) + _ue(0) + "0" + "00",  # one reference frame, no weights
            _se(0) * 3,  # the quantisers
            "1" + "0" + "0",  # slices may turn deblocking off
        ]
    )

    return _unit(_SPS, b"\x42\xc0\x1e" + _ended(sequence)), _unit(_PPS, _ended(picture))


def _intra_header(row: int) -> str:
    """Frame 0, IDR 0, order 0, no long-term reference, the same quantiser, no deblocking."""
    return _ue(row * ROWS) + _ue(7) + _ue(0) + "0000" + _ue(0) + "00000000" + "00" + _se(0) + _ue(1)


def _copy_header(row: int, frame: int) -> str:
    """All frames after the first are number 1, because none of them is a reference."""
    return _ue(row * ROWS) + _ue(5) + _ue(0) + "0001" + f"{2 * frame:08b}" + "0" + "0" + _se(0) + _ue(1)


# The first frame


@functools.cache
def _tables() -> tuple[bytes, bytes, bytes]:
    """Colour -> brightness and the two differences, in the range of video, as `translate` wants it."""
    luma, blues, reds = bytearray(256), bytearray(256), bytearray(256)
    for number, (y, cb, cr) in enumerate(ycbcr()):
        luma[number] = round(16 + y * 219 / 255)
        blues[number] = round(128 + cb * 224 / 255)
        reds[number] = round(128 + cr * 224 / 255)
    return bytes(luma), bytes(blues), bytes(reds)


@functools.lru_cache(maxsize=128)
def _first_slice(rows: tuple[bytes, ...], row: int) -> bytes:
    """One row of macroblocks of the first frame. Many clips share the rows in which there is nothing."""
    luma_of, blue_of, red_of = _tables()
    half = [line[::2] for line in rows[::2]]
    strips = (
        [line.translate(luma_of) for line in rows],
        [line.translate(blue_of) for line in half],
        [line.translate(red_of) for line in half],
    )
    done, bits = bytearray(), _intra_header(row)
    after_samples = False

    for column in range(ROWS):
        luma, blue, red = (
            [line[column * size : (column + 1) * size] for line in strip]
            for strip, size in zip(strips, (BLOCK, 8, 8), strict=True)
        )
        if column and _goes_on(strips, column, (luma, blue, red)):
            # Intra 16x16 and its colours, both from the left; the same quantiser; no coefficients, which is
            # said in other bits next to a macroblock of samples.
            bits += _ue(2) + _ue(1) + _se(0) + ("000011" if after_samples else "1")
            after_samples = False
        else:
            done += _packed(bits + _ue(25)) + b"".join((*luma, *blue, *red))
            bits, after_samples = "", True
    return _unit(_IDR, bytes(done) + _ended(bits))


def _goes_on(strips: Sequence[Sequence[bytes]], column: int, block: tuple[list[bytes], ...]) -> bool:
    """Whether each line of a macroblock repeats the last pixel of its neighbour to the left."""
    for strip, lines, size in zip(strips, block, (BLOCK, 8, 8), strict=True):
        at = column * size - 1
        if any(line != strip_line[at : at + 1] * size for line, strip_line in zip(lines, strip, strict=True)):
            return False
    return True


# The other frames


@functools.cache
def _moved_frame(frame: int) -> bytes:
    """A frame after the first, as a sample. It depends on nothing that was drawn."""
    sway = round(SWAY * math.sin(2 * math.pi * frame / FRAMES))
    played = SIDE * (frame + 1) / FRAMES

    units = []
    for row in range(ROWS):
        if row == BAR_ROW:
            sources = [_bar_source(column, round(played)) for column in range(ROWS)]
        else:
            sources = [0 if row < STEADY_ROWS or row >= BAR_ROW - 1 else sway] * ROWS
        units.append(_unit(_SLICE, _ended(_copy_header(row, frame) + _copies(sources))))
    return _sample(units)


def _bar_source(column: int, played: int) -> int:
    """How far from a macroblock of the bar that part of the bar is which looks as it shall, in pixels."""
    filled = min(max(played - column * BLOCK, 0), BLOCK)
    return BLOCK - filled - column * BLOCK


def _copies(sources: Sequence[int]) -> str:
    """The macroblocks of a row, each copied from so many pixels to the right."""
    if not any(sources):
        return _ue(ROWS)  # all are skipped, which copies what was there

    bits, left = "", 0
    for pixels in sources:
        vector = 4 * pixels  # in quarters of a pixel
        bits += _ue(0) + _ue(0) + _se(vector - left) + _se(0) + _ue(0)  # none skipped; 16x16; no coefficients
        left = vector
    return bits


def _sample(units: Sequence[bytes]) -> bytes:
    return b"".join(struct.pack(">I", len(unit)) + unit for unit in units)


def samples(raster: Raster) -> Iterator[bytes]:
    """The frames, as an MP4 holds them. What was drawn is the first; its bar is filled for 16 pixels."""
    rows = raster.rows
    yield _sample([_first_slice(rows[BLOCK * row : BLOCK * (row + 1)], row) for row in range(ROWS)])
    for frame in range(1, FRAMES):
        yield _moved_frame(frame)
