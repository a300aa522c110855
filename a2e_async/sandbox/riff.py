"""RIFF files: WebP and WAV are such files."""

from __future__ import annotations

import struct

__all__ = ["riff"]


def riff(form: bytes, chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A file of this form, with a name and data for each chunk."""
    body = form
    for name, data in chunks:
        body += name + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body
