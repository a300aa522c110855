"""The media that the sandbox makes: valid files, read here by what their formats say."""

from __future__ import annotations

import shutil
import struct
import subprocess
import wave
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from a2e_async.sandbox import h264, media, sounds
from a2e_async.sandbox.canvas import COLOURS, SIDE, Canvas, Raster, nearest
from a2e_async.sandbox.font import glyph_rows, readable
from a2e_async.sandbox.scenes import Input, Scene, draw
from a2e_async.sandbox.thumbnails import describe, thumbnail

RED, WHITE = nearest(255, 0, 0), nearest(255, 255, 255)
SCENE = Scene("seed", "TEXT TO IMAGE", "a red kite over the sea", "16:9  720p", speaks=True)
FFMPEG = shutil.which("ffmpeg")


def chunks(data: bytes) -> dict[bytes, bytes]:
    """The chunks of a PNG, whose checksums must be right."""
    found, at = {}, 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        content = data[at + 4 : at + 8 + length]
        assert zlib.crc32(content) == struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0]
        found[content[:4]] = content[4:]
        at += 12 + length
    return found


def png(
    width: int, height: int, colour_type: int, filters: bytes, rows: list[bytes], **extra: bytes
) -> bytes:
    """A PNG whose rows were filtered by whoever calls this."""
    packed = zlib.compress(b"".join(bytes([kind]) + row for kind, row in zip(filters, rows, strict=True)))
    parts = [("IHDR", struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)), *extra.items()]
    body = b""
    for name, content in (*parts, ("IDAT", packed), ("IEND", b"")):
        kind = name.encode() if isinstance(name, str) else name
        body += (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )
    return b"\x89PNG\r\n\x1a\n" + body


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes of an MP4, which must fill their parent."""
    while data:
        size, kind = struct.unpack(">I4s", data[:8])
        assert 8 <= size <= len(data)
        yield kind, data[8:size]
        data = data[size:]


def box(data: bytes, *path: bytes) -> bytes:
    for name in path:
        data = dict(boxes(data))[name]
    return data


def played(data: bytes, *options: str) -> bytes:
    """What ffmpeg reads in a file, without a word of complaint."""
    assert FFMPEG is not None
    done = subprocess.run(
        [FFMPEG, "-v", "error", "-i", "-", *options, "-"],
        input=data,
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == b"", done.stderr
    return done.stdout


# All kinds


@pytest.mark.parametrize("kind", media.CONTENT_TYPES)
def test_every_file_carries_its_seed_and_is_made_alike_each_time(kind: str) -> None:
    assert b"one seed" in media.make(kind, Scene("one seed"))
    assert media.make(kind, Scene("a")) == media.make(kind, Scene("a")) != media.make(kind, Scene("b"))
    assert len(media.make(kind, SCENE)) < 100_000


# What is drawn


def test_the_font_has_all_of_ascii_and_a_box_for_the_rest() -> None:
    drawn = [glyph_rows(chr(code)) for code in range(32, 127)]
    assert len(set(drawn)) == len(drawn)
    assert all(len(rows) == 8 and {len(row) for row in rows} == {5} for rows in drawn)
    assert glyph_rows("日") == glyph_rows("\x7f") not in drawn
    assert readable("  Café\tmüde\n ") == "Cafe mude"


def test_the_prompt_is_in_the_picture() -> None:
    letters = Canvas(0)
    letters.text(0, 0, "kite", ink=WHITE, paper=0, scale=2)
    wanted = [row[:46].replace(b"\x00", b".") for row in letters.finish().rows[:16]]

    rows = draw(Scene("s", "T", "kite")).rows
    paper = bytes([rows[200][0]])
    assert [row[8:54].replace(paper, b".") for row in rows[40:56]] == wanted


def test_long_prompts_are_written_small_and_cut_where_there_is_no_room() -> None:
    blank = draw(Scene("s")).rows[40:124]
    short, long, longer = (draw(Scene("s", text="word " * count)).rows[40:124] for count in (10, 60, 2000))
    assert len({blank, short, long, longer}) == 4


def test_inputs_are_in_the_picture() -> None:
    square = Raster(96, 96, (bytes([RED]) * 96,) * 96)
    alone = draw(Scene("s", inputs=(Input((), square),)))
    assert alone.rows[176][128] == RED
    both = draw(Scene("s", inputs=(Input((), square), Input(("audio_url", "voice.mp3"))))).rows
    assert both[176][64] == RED
    assert both[176][192] != RED


# Pictures


def test_png() -> None:
    found = chunks(media.make("png", SCENE))
    width, height = struct.unpack(">II", found[b"IHDR"][:8])
    assert (width, height) == (512, 512)
    assert len(zlib.decompress(found[b"IDAT"])) == height * (1 + width)
    assert list(found)[-1] == b"IEND"


def jpeg_brightness(data: bytes) -> list[int]:
    """The mean brightness of every block of a JPEG that `media` made."""
    at = quantiser = 2
    while data[at + 1] != 0xDA:
        if data[at + 1] == 0xDB:
            quantiser = data[at + 5]
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]

    scan = data[at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0] : -2]
    bits = "".join(f"{byte:08b}" for byte in scan.replace(b"\xff\x00", b"\xff"))
    means, before, position, part = [], [0, 0, 0], 0, 0
    while len(bits) - position >= 8:
        size = int(bits[position : position + 4], 2)
        raw = bits[position + 4 : position + 4 + size]
        position += 4 + size
        if size:
            before[part] += int(raw, 2) - (0 if raw[0] == "1" else (1 << size) - 1)

        count = 1
        while count < 64 and bits[position] == "1":
            index = int(bits[position + 1 : position + 9], 2)
            run, length = divmod(index, 10) if index < 160 else (15, -1)
            position += 9 + length + 1
            count += run + 1
        position += count < 64
        assert count <= 64
        if part == 0:
            means.append(before[0] * quantiser // 8 + 128)
        part = (part + 1) % 3
    assert set(bits[position:]) <= {"1"}
    return means


def test_jpeg() -> None:
    raster = draw(SCENE)
    data = media.make("jpg", SCENE)
    assert data.startswith(b"\xff\xd8")
    assert data.endswith(b"\xff\xd9")
    means = jpeg_brightness(data)
    assert len(means) == 64 * 64

    for number in range(0, len(means), 97):
        row, column = divmod(number, 64)
        lines = raster.rows[4 * row : 4 * row + 4]
        tile = [COLOURS[colour] for line in lines for colour in line[4 * column : 4 * column + 4]]
        mean = sum(0.299 * r + 0.587 * g + 0.114 * b for r, g, b in tile) / 16
        assert abs(means[number] - mean) < 2


def test_webp() -> None:
    data = media.make("webp", SCENE)
    assert data[:4] + data[8:16] == b"RIFFWEBPVP8L"
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    bits = int.from_bytes(data[20:], "little")
    assert bits & 0xFF == 0x2F
    assert (bits >> 8 & 0x3FFF) + 1 == (bits >> 22 & 0x3FFF) + 1 == 512


@pytest.mark.skipif(FFMPEG is None, reason="needs ffmpeg")
@pytest.mark.parametrize("kind", ["png", "webp", "jpg"])
def test_a_stranger_reads_what_was_drawn(kind: str) -> None:
    rows = tuple(bytes((x * 7 + y * y) % 216 for x in range(96)) for y in range(96))
    scene = Scene("s", text="Quick & brown", inputs=(Input((), Raster(96, 96, rows)),))
    drawn = draw(scene)
    pixels = played(media.make(kind, scene), "-f", "rawvideo", "-pix_fmt", "rgb24")
    wanted = b"".join(b"".join(bytes(COLOURS[colour]) * 2 for colour in row) * 2 for row in drawn.rows)
    assert len(pixels) == len(wanted)
    if kind == "jpg":
        assert sum(abs(a - b) for a, b in zip(pixels, wanted, strict=True)) / len(wanted) < 12
    else:
        assert pixels == wanted


# Clips


def test_mp4() -> None:
    data = media.make("mp4", SCENE)
    assert [kind for kind, _ in boxes(data)] == [b"ftyp", b"free", b"moov", b"mdat"]
    tracks = [content for kind, content in boxes(box(data, b"moov")) if kind == b"trak"]
    assert [box(track, b"mdia", b"hdlr")[8:12] for track in tracks] == [b"vide", b"soun"]

    end = len(data)
    for track, count in ((tracks[1], 42), (tracks[0], h264.FRAMES)):
        table = dict(boxes(box(track, b"mdia", b"minf", b"stbl")))
        sizes = struct.unpack(f">{count}I", table[b"stsz"][12:])
        (offset,) = struct.unpack(">I", table[b"stco"][8:])
        assert offset + sum(sizes) == end
        end = offset

    first, units = data[offset : offset + sizes[0]], []
    while first:
        (length,) = struct.unpack(">I", first[:4])
        units.append(first[4])
        first = first[4 + length :]
    assert units == [0x65] * 16, "a key frame in sixteen slices"
    silent = media.make("mp4", Scene("s"))
    assert len([kind for kind, _ in boxes(box(silent, b"moov")) if kind == b"trak"]) == 1


@pytest.mark.skipif(FFMPEG is None, reason="needs ffmpeg")
def test_a_clip_moves_and_its_bar_fills() -> None:
    size = SIDE * SIDE
    data = media.make("mp4", SCENE)
    luma = played(data, "-map", "0:v", "-f", "rawvideo", "-pix_fmt", "gray")
    frames = [luma[at : at + size] for at in range(0, len(luma), size)]
    assert len(frames) == h264.FRAMES
    assert len(set(frames)) == h264.FRAMES

    top = {frame[: h264.STEADY_ROWS * 16 * SIDE] for frame in frames}
    assert len(top) == 1, "the prompt stands still"
    bars = [frame[250 * SIDE : 251 * SIDE] for frame in frames]
    filled = [bar.count(bars[0][0]) for bar in bars]
    assert filled[1:] == [round(SIDE * (number + 1) / h264.FRAMES) for number in range(1, h264.FRAMES)]

    heard = played(data, "-map", "0:a", "-f", "s16le")
    assert max(memoryview(heard).cast("h")) > 2000


# Sounds


def test_wav() -> None:
    with wave.open(BytesIO(media.make("wav", Scene("seed", seconds=2.5)))) as sound:
        assert sound.getframerate() == 8000
        assert sound.getnframes() == 20_000


@pytest.mark.parametrize("seconds", [0.5, 3.0, 60.0])
def test_mp3(seconds: float) -> None:
    data = media.make("mp3", Scene("seed", seconds=seconds))
    size = data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9]
    frames = data[10 + size :]
    assert len(frames) % 48 == 0
    assert all(frames[at : at + 4] == b"\xff\xf3\x24\xc4" for at in range(0, len(frames), 48))
    assert len(frames) // 48 * sounds.FRAME_SAMPLES / sounds.RATE == pytest.approx(seconds, abs=0.02)


@pytest.mark.skipif(FFMPEG is None, reason="needs ffmpeg")
def test_a_stranger_hears_the_speech() -> None:
    sound = media.make("mp3", Scene("seed", seconds=2.0))
    heard = memoryview(played(sound, "-f", "s16le", "-ar", "24000")).cast("h")
    assert abs(len(heard) - 48_000) < 2000
    assert 2000 < max(heard) < 30_000


# Thumbnails


def filtered(kind: int, rows: list[bytes], channels: int) -> list[bytes]:
    """Rows as a PNG's filter leaves them, written down from the standard."""
    out, before = [], bytes(len(rows[0]))
    for row in rows:
        line = bytearray()
        for at, value in enumerate(row):
            left = row[at - channels] if at >= channels else 0
            corner = before[at - channels] if at >= channels else 0
            guess = left + before[at] - corner
            paeth = min((left, before[at], corner), key=lambda one: abs(guess - one))
            line.append((value - (0, left, before[at], (left + before[at]) // 2, paeth)[kind]) & 0xFF)
        out.append(bytes(line))
        before = row
    return out


@pytest.mark.parametrize("kind", range(5))
@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_thumbnails_of_every_filter_and_kind_of_pixel(kind: int, colour_type: int, channels: int) -> None:
    levels = (0, 51, 153, 255)
    grey = [[levels[(3 * x + 5 * y + x * y) % 4] for x in range(12)] for y in range(8)]
    pixel = {1: lambda v: [v], 2: lambda v: [v, 255], 3: lambda v: [v, v, v], 4: lambda v: [v, v, v, 255]}
    rows = [bytes(part for value in row for part in pixel[channels](value)) for row in grey]

    small = thumbnail(png(12, 8, colour_type, bytes([kind]) * 8, filtered(kind, rows, channels)), 12)
    assert small is not None
    assert (small.width, small.height) == (12, 8)
    assert [[COLOURS[one] for one in row] for row in small.rows] == [[(v, v, v) for v in row] for row in grey]


def test_thumbnails_of_palettes_and_of_what_is_transparent() -> None:
    given = png(2, 1, 3, b"\x00", [b"\x00\x01"], PLTE=bytes([255, 0, 0, 0, 0, 255]), tRNS=b"\xff\x00")
    assert thumbnail(given, 2) == Raster(2, 1, (bytes([RED, WHITE]),))


def test_a_result_makes_a_thumbnail_too() -> None:
    small = thumbnail(media.make("png", SCENE), 96)
    assert small is not None
    assert (small.width, small.height) == (96, 96)


BROKEN = media.png(4, 4, (1, 2, 3))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"\x89PNG\r\n\x1a\n",
        BROKEN[:40],
        BROKEN[:-30],
        BROKEN.replace(b"IDAT", b"IDAX"),
        png(4, 4, 2, b"\x09" * 4, [b"x" * 12] * 4),
        png(1 << 20, 1 << 20, 2, b"", []),
        png(1000, 1000, 2, b"\x04" * 1000, [bytes(3000)] * 1000),
    ],
)
def test_what_gives_no_thumbnail(data: bytes) -> None:
    assert thumbnail(data, 96) is None


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("png", "PNG 512x512"),
        ("jpg", "JPEG 512x512"),
        ("webp", "WEBP"),
        ("mp4", "MP4"),
        ("mp3", "MP3"),
        ("wav", "WAV"),
    ],
)
def test_files_are_described(kind: str, words: str) -> None:
    data = media.make(kind, SCENE)
    assert describe(data) == words
    for length in range(30):
        describe(data[:length])


def test_the_demo_folder_needs_no_picture_library(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(media.png(3, 2, (255, 0, 0)))
    assert thumbnail(picture.read_bytes(), 3) == Raster(3, 2, (bytes([RED]) * 3,) * 2)
