"""What may be given where the API wants a media URL. No I/O."""

from __future__ import annotations

from pathlib import Path

import attrs

__all__ = ["Media", "Upload"]


@attrs.frozen
class Upload:
    """A file that is uploaded and can be given wherever a media URL is wanted.

    Attributes:
        url: its public address, for tasks. Such addresses die after days (M).
        sha256: of the content, in hex.
        size: bytes.
        content_type: as signed and stored.
    """

    url: str
    sha256: str
    size: int
    content_type: str


Media = str | Path | bytes | Upload
"""Where the API wants a media URL: a URL, or a file as `pathlib.Path`, bytes or `Upload`."""
