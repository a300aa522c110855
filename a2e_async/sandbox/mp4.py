"""MP4 files of one second: a video, and sound if there is some."""

from __future__ import annotations

import struct

import attrs

from a2e_async.sandbox.canvas import SIDE, Raster
from a2e_async.sandbox.h264 import FRAMES, parameter_sets, samples
from a2e_async.sandbox.sounds import FRAME_SAMPLES, RATE

__all__ = ["mp4"]

_TIMESCALE = RATE


def _box(kind: bytes, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return struct.pack(">I", len(data) + 8) + kind + data


def _full(kind: bytes, flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", flags), *parts)


_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _video_entry() -> bytes:
    sequence, picture = parameter_sets()
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
    """One track: its samples follow each other in the file, and each takes as long as the others.

    Attributes:
        number: its number, from 1.
        handler: the four letters of its kind.
        entry: the box that describes how its samples are encoded.
        header: the media header of its kind.
        size: width and height in pixels; 0 for sound.
        volume: 0x0100 is full; 0 for video.
        step: how long a sample takes, in ticks of the file's clock.
        samples: the encoded samples.
    """

    number: int
    handler: bytes
    entry: bytes
    header: bytes
    size: int
    volume: int
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
        numbers = struct.pack(">IIIII8xhhHH", 0, 0, self.number, 0, self.duration, 0, 0, self.volume, 0)
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
            volume=0,
            step=_TIMESCALE // FRAMES,
            samples=tuple(samples(raster)),
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
