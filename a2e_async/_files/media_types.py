"""Media types by the first bytes of a file, and their extensions. No I/O.

The table is our own: a library for it would be one more dependency of every user.
"""

from __future__ import annotations

import os
import re

import attrs

__all__ = ["BY_EXTENSION", "HEAD_BYTES", "content_type_of", "extension_of", "sniff"]

HEAD_BYTES = 4096
"""The first bytes that `sniff` looks at."""


@attrs.frozen
class MediaKind:
    """A kind of file.

    Attributes:
        content_type: as in a Content-Type header, without parameters.
        extension: the usual one, with its dot.
    """

    content_type: str
    extension: str


_PREFIXES: tuple[tuple[bytes, MediaKind], ...] = tuple(
    (prefix, MediaKind(content_type, extension))
    for prefix, content_type, extension in (
        (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
        (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
        (b"GIF87a", "image/gif", ".gif"),
        (b"GIF89a", "image/gif", ".gif"),
        (b"II*\x00", "image/tiff", ".tif"),
        (b"MM\x00*", "image/tiff", ".tif"),
        (b"\xff\x0a", "image/jxl", ".jxl"),
        (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "image/jxl", ".jxl"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2", ".jp2"),
        (b"8BPS", "image/vnd.adobe.photoshop", ".psd"),
        (b"fLaC", "audio/flac", ".flac"),
        (b"#!AMR", "audio/amr", ".amr"),
        (b"FLV\x01", "video/x-flv", ".flv"),
        (b"\x00\x00\x01\xba", "video/mpeg", ".mpg"),
        (b"\x00\x00\x01\xb3", "video/mpeg", ".mpg"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf", ".asf"),
        (b"%PDF-", "application/pdf", ".pdf"),
        (b"PK\x03\x04", "application/zip", ".zip"),
        (b"glTF", "model/gltf-binary", ".glb"),
        (b"WEBVTT", "text/vtt", ".vtt"),
        (b"\xef\xbb\xbfWEBVTT", "text/vtt", ".vtt"),
    )
)
_CONTAINERS: dict[tuple[bytes, bytes], MediaKind] = {
    (b"RIFF", b"WEBP"): MediaKind("image/webp", ".webp"),
    (b"RIFF", b"WAVE"): MediaKind("audio/wav", ".wav"),
    (b"RIFF", b"AVI "): MediaKind("video/x-msvideo", ".avi"),
    (b"FORM", b"AIFF"): MediaKind("audio/aiff", ".aiff"),
    (b"FORM", b"AIFC"): MediaKind("audio/aiff", ".aiff"),
}
_MP4 = MediaKind("video/mp4", ".mp4")
_QUICKTIME = MediaKind("video/quicktime", ".mov")
_HEIC = MediaKind("image/heic", ".heic")
_BRANDS: dict[bytes, MediaKind] = {
    b"avif": MediaKind("image/avif", ".avif"),
    b"avis": MediaKind("image/avif", ".avif"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), _HEIC),
    b"qt  ": _QUICKTIME,
    b"M4A ": MediaKind("audio/mp4", ".m4a"),
    b"M4B ": MediaKind("audio/mp4", ".m4a"),
}
_MP3 = MediaKind("audio/mpeg", ".mp3")
_AAC = MediaKind("audio/aac", ".aac")

MEDIA = ("image/", "video/", "audio/")
"""How the types of media begin."""

BY_EXTENSION: dict[str, str] = {
    **{kind.extension: kind.content_type for _, kind in _PREFIXES},
    **{kind.extension: kind.content_type for kind in (*_CONTAINERS.values(), *_BRANDS.values())},
    **{kind.extension: kind.content_type for kind in (_MP4, _MP3, _AAC)},
    ".jpeg": "image/jpeg",
    ".jpe": "image/jpeg",
    ".tiff": "image/tiff",
    ".heif": "image/heif",
    ".bmp": "image/bmp",
    ".svg": "image/svg+xml",
    ".m4v": "video/mp4",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".3gp": "video/3gpp",
    ".3g2": "video/3gpp2",
    ".ts": "video/mp2t",
    ".mpeg": "video/mpeg",
    ".wmv": "video/x-ms-wmv",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".ogv": "video/ogg",
    ".aif": "audio/aiff",
    ".srt": "application/x-subrip",
    ".txt": "text/plain",
    ".html": "text/html",
    ".json": "application/json",
}
_USUAL_EXTENSION: dict[str, str] = {
    content_type: extension for extension, content_type in reversed(BY_EXTENSION.items())
}
_USUAL_EXTENSION |= {
    "audio/x-wav": ".wav",
    "audio/wave": ".wav",
    "audio/mp3": ".mp3",
    "audio/m4a": ".m4a",
    "audio/x-m4a": ".m4a",
    "audio/x-flac": ".flac",
    "image/jpg": ".jpg",
    "video/avi": ".avi",
    "audio/webm": ".webm",
}


def sniff(head: bytes) -> MediaKind | None:
    """Detect the kind of a file.

    Args:
        head: its first bytes; `HEAD_BYTES` are enough.

    Returns:
        The kind; None if the bytes do not show it.

    Example:
        >>> sniff(b"GIF89a...").extension
        '.gif'
    """
    for prefix, kind in _PREFIXES:
        if head.startswith(prefix):
            return kind
    return (
        _CONTAINERS.get((head[:4], head[8:12]))
        or _iso_media(head)
        or _matroska(head)
        or _ogg(head)
        or _bare_audio(head)
        or _weakly_marked(head)
    )


def _iso_media(head: bytes) -> MediaKind | None:
    """MP4 and its relatives: they begin with a box that has a length, a name and brands."""
    if head[4:8] in (b"moov", b"mdat", b"wide"):
        return _QUICKTIME  # files older than brands
    if head[4:8] != b"ftyp" or len(head) < 12:
        return None

    major = head[8:12]
    if major in _BRANDS:
        return _BRANDS[major]
    if major.startswith(b"3g2"):
        return MediaKind("video/3gpp2", ".3g2")
    if major.startswith(b"3g"):
        return MediaKind("video/3gpp", ".3gp")
    if major in (b"mif1", b"msf1"):
        end = min(int.from_bytes(head[:4], "big"), len(head))
        compatible = (head[at : at + 4] for at in range(16, end, 4))
        return next((_BRANDS[b] for b in compatible if b in _BRANDS), MediaKind("image/heif", ".heif"))
    return _MP4


def _matroska(head: bytes) -> MediaKind | None:
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return None
    if b"webm" in head[:64]:
        return MediaKind("video/webm", ".webm")
    return MediaKind("video/x-matroska", ".mkv")


def _ogg(head: bytes) -> MediaKind | None:
    if not head.startswith(b"OggS"):
        return None
    codec = head[28:36]
    if codec.startswith(b"\x80theora"):
        return MediaKind("video/ogg", ".ogv")
    return MediaKind("audio/ogg", ".opus" if codec == b"OpusHead" else ".ogg")


def _bare_audio(head: bytes) -> MediaKind | None:
    """MP3 and AAC. They have no signature, only a pattern of bits, and may follow an ID3 tag."""
    if head.startswith(b"ID3") and len(head) >= 10:
        size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        behind = head[10 + size :]
        return (behind and not behind.startswith(b"ID3") and sniff(behind)) or _MP3

    if len(head) < 3 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0 and head[2] >> 2 & 0xF < 13:
        return _AAC

    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    if head[1] & 0xE0 == 0xE0 and version != 1 and layer == 1 and bitrate != 15 and rate != 3:
        return _MP3
    return None


def _weakly_marked(head: bytes) -> MediaKind | None:
    """Formats with a signature so short that a second sign is needed."""
    if head[:2] == b"BM" and head[14:18] in _BMP_HEADERS:
        return MediaKind("image/bmp", ".bmp")
    if head[:1] == b"G" and len(head) > 188 and all(head[at] == 0x47 for at in range(188, len(head), 188)):
        return MediaKind("video/mp2t", ".ts")
    if head[:200].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") and _root_of(head) == b"svg":
        return MediaKind("image/svg+xml", ".svg")
    return None


def _root_of(head: bytes) -> bytes:
    """The name of the first element of XML, in lower case; a page may have a picture inside it."""
    prolog = rb"(?:\xef\xbb\xbf)?\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>\s*)*"
    found = re.match(prolog + rb"<(?:[\w.-]+:)?([\w.-]+)", head, re.DOTALL | re.IGNORECASE)
    return found[1].lower() if found else b""


_BMP_HEADERS = frozenset(size.to_bytes(4, "little") for size in (12, 40, 52, 56, 64, 108, 124))


def content_type_of(head: bytes, name: str | None = None) -> str:
    """The content type: by the first bytes, otherwise by the name, otherwise ``application/octet-stream``."""
    kind = sniff(head)
    if kind is not None:
        return kind.content_type
    return BY_EXTENSION.get(_suffix_of(name), "application/octet-stream")


def extension_of(content_type: str | None) -> str | None:
    """The usual extension, with its dot, for a Content-Type header; None if it is not known."""
    return _USUAL_EXTENSION.get((content_type or "").partition(";")[0].strip().lower())


def _suffix_of(name: str | None) -> str:
    return os.path.splitext(name or "")[1].lower()
