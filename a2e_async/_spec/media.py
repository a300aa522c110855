"""The values accepted where the API takes a media URL. No I/O."""

from __future__ import annotations

from pathlib import Path

import attrs

__all__ = ["Media", "Upload"]


@attrs.frozen
class Upload:
    """An uploaded file. Pass it wherever the API takes a media URL.

    Attributes:
        url: its public address, for tasks. Such addresses expire after days.
        sha256: the SHA-256 of the content, in hex.
        size: its size in bytes.
        content_type: the content type it is stored with.
    """

    url: str
    sha256: str
    size: int
    content_type: str


Media = str | Path | bytes | Upload
"""A media URL, or a file as `pathlib.Path`, bytes or `Upload`."""
