"""MP4 files of one second that move: H.264 that every browser plays, and sound if there is some.

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

import attrs

from a2e_async.sandbox.canvas import COLOURS, SIDE, Raster
from a2e_async.sandbox.sounds import FRAME_SAMPLES, RATE

__all__ = ["BAR_ROW", "FRAMES", "STEADY_ROWS", "mp4"]

FRAMES = 24
BLOCK = 16
ROWS = SIDE // BLOCK
STEADY_ROWS = 8  # rows of macroblocks at the top that do not move
BAR_ROW = ROWS - 1  # shows how much has been played: one filled macroblock, which the others are copied from
SWAY = 8  # pixels to either side

_IDR, _SLICE, _SPS, _PPS = 0x65, 0x01, 0x67, 0x68
_TIMESCALE = RATE


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


def _parameter_sets() -> tuple[bytes, bytes]:
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
    for number, (red, green, blue) in enumerate(COLOURS):
        y = 0.299 * red + 0.587 * green + 0.114 * blue
        luma[number] = round(16 + y * 219 / 255)
        blues[number] = round(128 + (blue - y) / 1.772 * 224 / 255)
        reds[number] = round(128 + (red - y) / 1.402 * 224 / 255)
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


def _video_samples(raster: Raster) -> Iterator[bytes]:
    rows = raster.rows
    yield _sample([_first_slice(rows[BLOCK * row : BLOCK * (row + 1)], row) for row in range(ROWS)])
    for frame in range(1, FRAMES):
        yield _moved_frame(frame)


# MP4


def _box(kind: bytes, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return struct.pack(">I", len(data) + 8) + kind + data


def _full(kind: bytes, flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", flags), *parts)


_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _video_entry() -> bytes:
    sequence, picture = _parameter_sets()
    config = b"\x01\x42\xc0\x1e\xff\xe1" + struct.pack(">H", len(sequence)) + sequence
    config += b"\x01" + struct.pack(">H", len(picture)) + picture
    fields = struct.pack(">6xH16xHHIIIH32xHh", 1, SIDE, SIDE, 0x480000, 0x480000, 0, 1, 24, -1)
    return _box(b"avc1", fields, _box(b"avcC", config))


def _sound_entry() -> bytes:
    """MP3 of MPEG-2 (object type 0x69) in an mp4a entry."""
    decoder = b"\x04\x0d\x69\x15" + b"\x00" * 11
    descriptor = b"\x03" + bytes([len(decoder) + 6]) + b"\x00\x01\x00" + decoder + b"\x06\x01\x02"
    fields = struct.pack(">6xH8xHHHHI", 1, 1, 16, 0, 0, RATE << 16)
    return _box(b"mp4a", fields, _full(b"esds", 0, descriptor))


@attrs.frozen
class _Track:
    """One track: its samples follow each other in the file, and each takes as long as the others."""

    number: int
    handler: bytes
    entry: bytes
    header: bytes
    size: int
    loudness: int
    step: int
    samples: tuple[bytes, ...]

    @property
    def duration(self) -> int:
        return self.step * len(self.samples)

    def box(self, offset: int) -> bytes:
        """The box that describes the track, whose first sample lies at an offset of the file."""
        sizes = list(map(len, self.samples))
        table = _box(
            b"stbl",
            _full(b"stsd", 0, struct.pack(">I", 1), self.entry),
            _full(b"stts", 0, struct.pack(">III", 1, len(sizes), self.step)),
            *([_full(b"stss", 0, struct.pack(">II", 1, 1))] if self.size else []),
            _full(b"stsc", 0, struct.pack(">IIII", 1, 1, len(sizes), 1)),
            _full(b"stsz", 0, struct.pack(f">II{len(sizes)}I", 0, len(sizes), *sizes)),
            _full(b"stco", 0, struct.pack(">II", 1, offset)),
        )
        data = _box(b"dinf", _full(b"dref", 0, struct.pack(">I", 1), _full(b"url ", 1)))
        info = _box(b"minf", self.header, data, table)

        handler = _full(b"hdlr", 0, struct.pack(">4x4s12x", self.handler), b"sandbox\x00")
        times = struct.pack(">IIIIHH", 0, 0, _TIMESCALE, self.duration, 0x55C4, 0)
        numbers = struct.pack(">IIIII8xhhHH", 0, 0, self.number, 0, self.duration, 0, 0, self.loudness, 0)
        side = struct.pack(">II", self.size << 16, self.size << 16)
        header = _full(b"tkhd", 3, numbers, _MATRIX, side)
        return _box(b"trak", header, _box(b"mdia", _full(b"mdhd", 0, times), handler, info))


def mp4(raster: Raster, comment: bytes, sound: tuple[bytes, ...] = ()) -> bytes:
    """A clip of one second in which what was drawn sways, and a bar fills.

    Args:
        raster: the first frame. Its rows from ``16 * BAR_ROW`` on are the bar: filled for 16 pixels, then
            empty.
        comment: written into the file.
        sound: the frames of an MP3.
    """
    tracks = [
        _Track(
            number=1,
            handler=b"vide",
            entry=_video_entry(),
            header=_full(b"vmhd", 1, b"\x00" * 8),
            size=SIDE,
            loudness=0,
            step=_TIMESCALE // FRAMES,
            samples=tuple(_video_samples(raster)),
        )
    ]
    if sound:
        header = _full(b"smhd", 0, b"\x00" * 4)
        tracks.append(_Track(2, b"soun", _sound_entry(), header, 0, 0x0100, FRAME_SAMPLES, sound))

    start = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomavc1mp41")
    note = _box(b"free", comment)
    longest = max(track.duration for track in tracks)
    header = _full(
        b"mvhd",
        0,
        struct.pack(">IIIIIH10x", 0, 0, _TIMESCALE, longest, 0x10000, 0x0100),
        _MATRIX,
        struct.pack(">24xI", len(tracks) + 1),
    )

    def moov(offset: int) -> bytes:
        boxes = []
        for track in tracks:
            boxes.append(track.box(offset))
            offset += sum(map(len, track.samples))
        return _box(b"moov", header, *boxes)

    offset = len(start) + len(note) + len(moov(0)) + 8
    return start + note + moov(offset) + _box(b"mdat", *(one for track in tracks for one in track.samples))
