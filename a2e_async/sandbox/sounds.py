"""MP3 and WAV files that sound like somebody who speaks vowels."""

from __future__ import annotations

import functools
import hashlib
import itertools
import math
import struct
from collections.abc import Iterator

from a2e_async.sandbox.riff import riff

__all__ = ["FRAME_SAMPLES", "RATE", "mp3", "mp3_frames", "speech_seconds", "wav"]

# MPEG-2 layer III, mono, 24 kHz, 16 kbit/s. A frame is 576 samples, 24 ms or 48 bytes. It needs no other.
RATE = 24_000
FRAME_SAMPLES = 576
_FRAME_BYTES = 48
_HEADER = b"\xff\xf3\x24\xc4"

_SYLLABLE = (176, 188, 194, 194, 192, 188, 180, 0)  # the loudness of each frame; 6 dB are 4
_VOWELS = ((700, 1100), (500, 1900), (300, 2300), (450, 850), (320, 700))  # a e i o u: two formants, in Hz
_CHARACTERS_A_SECOND = 15.0
_LONGEST = 120.0


def speech_seconds(text: str) -> float:
    """How long it takes to say a text."""
    return min(max(len(text) / _CHARACTERS_A_SECOND, 0.5), _LONGEST)


@functools.lru_cache(maxsize=1024)
def _frame(pitch: int, vowel: int, gain: int, turn: int) -> bytes:
    """One frame: a few frequency lines of equal strength. All values are 0, 1 or -1, so each takes few bits.

    Args:
        pitch: in Hz.
        vowel: the number of the vowel.
        gain: the loudness; 0 is silence.
        turn: the number of the frame, modulo 4: a steady tone changes its sign from frame to frame.
    """
    width = RATE / 2 / FRAME_SAMPLES
    formants = (round(formant / pitch) * pitch for formant in _VOWELS[vowel])
    lines = {int(hertz / width) for hertz in (pitch, 2 * pitch, *formants)} if gain else set()

    bits = ""
    for first in range(0, max(lines, default=-1) + 1, 4):
        here = [line for line in range(first, first + 4) if line in lines]
        bits += "".join("0" if line in here else "1" for line in range(first, first + 4))
        bits += "".join("1" if math.cos(math.pi * ((line + 0.5) * turn + 0.25)) < 0 else "0" for line in here)

    fields = ((0, 9), (len(bits), 12), (0, 9), (gain, 8), (0, 9), (0, 1), (0, 15), (0, 8), (1, 1))
    side = "".join(f"{value:0{width}b}" for value, width in fields)
    data = side + bits
    data += "0" * (-len(data) % 8)
    return (_HEADER + int(data, 2).to_bytes(len(data) // 8, "big")).ljust(_FRAME_BYTES, b"\x00")


def mp3_frames(seed: bytes, seconds: float) -> Iterator[bytes]:
    """The frames of a speech, without end but for its length."""
    digest = hashlib.sha256(seed).digest()
    pitch = 110 + digest[0] % 8 * 15
    count = max(1, round(seconds * RATE / FRAME_SAMPLES))
    for number in range(count):
        syllable, part = divmod(number, len(_SYLLABLE))
        vowel = digest[syllable % len(digest)] % len(_VOWELS)
        yield _frame(pitch, vowel, _SYLLABLE[part], number % 4)


def mp3(seed: bytes, seconds: float) -> bytes:
    """An MP3 with a title."""
    text = b"\x00" + seed
    tag = b"TIT2" + struct.pack(">IH", len(text), 0) + text
    size = len(tag)
    synchsafe = bytes([size >> 21 & 0x7F, size >> 14 & 0x7F, size >> 7 & 0x7F, size & 0x7F])
    return b"ID3\x03\x00\x00" + synchsafe + tag + b"".join(mp3_frames(seed, seconds))


def wav(seed: bytes, seconds: float) -> bytes:
    """A WAV: a tone of 8 bits and 8 kHz, five times a second."""
    rate, period = 8000, 40 + hashlib.sha256(seed).digest()[0] % 40
    wave = bytes(round(128 + 50 * math.sin(2 * math.pi * at / period)) for at in range(period))
    beep = (wave * (rate // period))[: rate // 8] + b"\x80" * (rate // 5 - rate // 8)
    samples = bytes(itertools.islice(itertools.cycle(beep), round(rate * seconds)))

    header = struct.pack("<HHIIHH", 1, 1, rate, rate, 1, 8)
    note = seed + b"\x00" * (2 - len(seed) % 2)
    comment = b"INFOICMT" + struct.pack("<I", len(note)) + note
    return riff(b"WAVE", [(b"fmt ", header), (b"LIST", comment), (b"data", samples)])
