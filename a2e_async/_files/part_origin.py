"""The origin of a part file: which version of which remote file its bytes belong to. Kept as JSON beside it.

Everything here blocks and belongs in a worker thread.
"""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import attrs

from a2e_async._files.open_files import NO_DESCRIPTOR

__all__ = ["NO_FOLLOW", "Version", "read_origin", "write_origin"]

# In a folder that others can write to, such as /tmp, anything may lie under a name that is known before.
# A link is not followed, and a pipe does not block.
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)

_MOST_BYTES = 64 << 10
_MD5 = re.compile(r'"([0-9a-f]{32})"')


@attrs.frozen
class Version:
    """Identifies one version of a remote file.

    Attributes:
        etag: the ETag header.
        last_modified: the Last-Modified header.
        size: bytes of the whole file; None if not known.
    """

    etag: str | None = None
    last_modified: str | None = None
    size: int | None = None

    @property
    def condition(self) -> str | None:
        """The value for If-Range, which proves that the file is still the same; None if there is none."""
        for value in (self.etag, self.last_modified):
            # A header cannot contain other characters, wherever they come from.
            if value and value.isascii() and value.isprintable() and not value.startswith("W/"):
                return value
        return None

    @property
    def md5(self) -> str | None:
        """The content's MD5, in hex, if the ETag looks like one. It may be something else."""
        match = _MD5.fullmatch(self.etag or "")
        return match and match[1]


def read_origin(path: Path) -> Version:
    """Read the origin of a part; an empty one if there is none, or it is damaged.

    Raises:
        OSError: there are too many open files.
    """
    try:
        origin = json.loads(_read_file(path))
        etag, last_modified, size = origin["etag"], origin["last_modified"], origin["size"]
    except OSError as error:
        if error.errno in NO_DESCRIPTOR:
            raise
        return Version()
    except (ValueError, KeyError, TypeError, RecursionError):
        return Version()

    if not (
        isinstance(etag, str | None)
        and isinstance(last_modified, str | None)
        and (size is None or (type(size) is int and size > 0))
    ):
        return Version()
    return Version(etag, last_modified, size)


def write_origin(path: Path, version: Version) -> None:
    """Write the origin of a part, always to a new file: nothing that lies there is written to.

    Raises:
        OSError: the file cannot be made.
    """
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW, 0o666)
    with open(descriptor, "wb") as file:
        file.write(json.dumps(attrs.asdict(version)).encode())


def _read_file(path: Path) -> Any:
    """Read a small regular file."""
    with open(os.open(path, os.O_RDONLY | NO_FOLLOW), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("not a regular file")
        return file.read(_MOST_BYTES)
