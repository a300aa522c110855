"""Content types by the first bytes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from a2e_async._files.media_types import content_type_of, extension_of, sniff


def box(brand: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + brand + b"\x00\x00\x02\x00" + b"".join(compatible)
    return (len(body) + 4).to_bytes(4, "big") + body + b"\x00\x00\x00\x08free"


def id3(behind: bytes, size: int = 20) -> bytes:
    return b"ID3\x04\x00\x00" + bytes([0, 0, size >> 7, size & 127]) + b"\x00" * size + behind


def ogg(codec: bytes) -> bytes:
    return b"OggS\x00\x02" + b"\x00" * 20 + b"\x01\x1e" + codec


HEADS = {
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg", ".jpg"),
    "png": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image/png", ".png"),
    "gif": (b"GIF89a\x01\x00", "image/gif", ".gif"),
    "webp": (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp", ".webp"),
    "avif": (box(b"avif", b"mif1", b"miaf"), "image/avif", ".avif"),
    "avif in mif1": (box(b"mif1", b"miaf", b"avif"), "image/avif", ".avif"),
    "heic": (box(b"heic", b"mif1"), "image/heic", ".heic"),
    "heic in mif1": (box(b"mif1", b"heic"), "image/heic", ".heic"),
    "heif": (box(b"mif1", b"miaf"), "image/heif", ".heif"),
    "bmp": (
        b"BM" + b"\x36\x00\x03\x00" + b"\x00" * 4 + b"\x36\x00\x00\x00\x28\x00\x00\x00",
        "image/bmp",
        ".bmp",
    ),
    "tiff le": (b"II*\x00\x08\x00\x00\x00", "image/tiff", ".tif"),
    "tiff be": (b"MM\x00*\x00\x00\x00\x08", "image/tiff", ".tif"),
    "svg": (b'\n<svg xmlns="http://www.w3.org/2000/svg">', "image/svg+xml", ".svg"),
    "svg with prologue": (b'<?xml version="1.0"?>\n<svg/>', "image/svg+xml", ".svg"),
    "mp4": (box(b"isom", b"iso2", b"avc1"), "video/mp4", ".mp4"),
    "mp4 of an unknown brand": (box(b"zzzz"), "video/mp4", ".mp4"),
    "mov": (box(b"qt  "), "video/quicktime", ".mov"),
    "old mov": (b"\x00\x00\x00\x08wide\x00\x00", "video/quicktime", ".mov"),
    "m4a": (box(b"M4A ", b"isom"), "audio/mp4", ".m4a"),
    "3gp": (box(b"3gp4"), "video/3gpp", ".3gp"),
    "3g2": (box(b"3g2a"), "video/3gpp2", ".3g2"),
    "webm": (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm", ".webm"),
    "mkv": (b"\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska", "video/x-matroska", ".mkv"),
    "avi": (b"RIFF\x00\x00\x10\x00AVI LIST", "video/x-msvideo", ".avi"),
    "flv": (b"FLV\x01\x05", "video/x-flv", ".flv"),
    "mpeg-ts": (b"G\x40\x11" + b"\x00" * 185 + b"G\x41\x00" + b"\x00" * 100, "video/mp2t", ".ts"),
    "wav": (b"RIFF\x24\x08\x00\x00WAVEfmt ", "audio/wav", ".wav"),
    "aiff": (b"FORM\x00\x00\x10\x00AIFFCOMM", "audio/aiff", ".aiff"),
    "mp3 with id3": (id3(b"\xff\xfb\x90\x64"), "audio/mpeg", ".mp3"),
    "mp3 with a long id3": (id3(b"")[:18], "audio/mpeg", ".mp3"),
    "mp3 frame": (b"\xff\xfb\x90\x64\x00", "audio/mpeg", ".mp3"),
    "mp3 frame of mpeg 2": (b"\xff\xf3\x84\xc4", "audio/mpeg", ".mp3"),
    "flac behind id3": (id3(b"fLaC\x00\x00\x00\x22"), "audio/flac", ".flac"),
    "ogg vorbis": (ogg(b"\x01vorbis\x00"), "audio/ogg", ".ogg"),
    "ogg opus": (ogg(b"OpusHead"), "audio/ogg", ".opus"),
    "ogg theora": (ogg(b"\x80theora\x03"), "video/ogg", ".ogv"),
    "flac": (b"fLaC\x00\x00\x00\x22", "audio/flac", ".flac"),
    "aac": (b"\xff\xf1\x50\x80\x02", "audio/aac", ".aac"),
    "amr": (b"#!AMR\n", "audio/amr", ".amr"),
    "pdf": (b"%PDF-1.7\n", "application/pdf", ".pdf"),
    "zip": (b"PK\x03\x04\x14", "application/zip", ".zip"),
    "glb": (b"glTF\x02\x00\x00\x00", "model/gltf-binary", ".glb"),
    "vtt": (b"WEBVTT\n\n", "text/vtt", ".vtt"),
}


@pytest.mark.parametrize(("head", "content_type", "extension"), HEADS.values(), ids=HEADS)
def test_a_file_is_known_by_its_first_bytes(head: bytes, content_type: str, extension: str) -> None:
    kind = sniff(head)
    assert kind is not None
    assert (kind.content_type, kind.extension) == (content_type, extension)
    assert content_type_of(head, "misnamed.pdf") == content_type
    assert extension_of(content_type) is not None


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff",
        b"\xff\xfb",
        "\ufefftext".encode("utf-16-le"),  # its byte order mark looks like a frame's beginning
        b"\xff\xff\xff\xff\xff\xff",
        b"BM is a word too, as in BMW",
        b"Good morning" * 40,
        b"RIFF\x00\x00\x00\x00????",
        b"plain text",
        b"<html>",
    ],
)
def test_what_the_bytes_do_not_show_is_not_guessed(head: bytes) -> None:
    assert sniff(head) is None


@given(
    st.binary(max_size=300)
    | st.sampled_from([h for h, *_ in HEADS.values()]).flatmap(
        lambda head: st.integers(0, len(head)).map(lambda cut: head[:cut])
    )
)
@example(b"ID3\x04\x00\x00\x00\x00\x00\x00" * 100)
def test_any_bytes_can_be_looked_at(head: bytes) -> None:
    kind = sniff(head)
    assert content_type_of(head) == (kind.content_type if kind else "application/octet-stream")


def test_the_name_decides_where_the_bytes_do_not() -> None:
    assert content_type_of(b"1\n00:00:01,000", "Captions.SRT") == "application/x-subrip"
    assert content_type_of(b"???", "x.jpeg") == "image/jpeg"
    assert content_type_of(b"???", "jpeg") == "application/octet-stream"
    assert content_type_of(b"???") == "application/octet-stream"


def test_the_extension_of_a_header() -> None:
    assert extension_of("Image/JPEG; charset=binary") == ".jpg"
    assert extension_of("audio/x-wav") == ".wav"
    assert extension_of("application/octet-stream") is None
    assert extension_of(None) is None
