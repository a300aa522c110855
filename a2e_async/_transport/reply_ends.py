"""Where a reply ends in the bytes of a connection (HTTP/1.1). No I/O."""

from __future__ import annotations

import enum
import re

__all__ = ["ReplyEnd"]

_MAX_HEAD_BYTES = 128 << 10  # more than the library accepts
_BLANK_LINE = re.compile(rb"\n\r?\n")
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})")
_CODING = re.compile(rb"\ntransfer-encoding:[ \t]*([^\r\n]*)")
_LENGTH = re.compile(rb"\ncontent-length:[ \t]*(\d{1,18})[ \t,\r\n]")
_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,16})[ \t]*(;.*)?\r?\n", re.DOTALL)


class _Part(enum.Enum):
    HEAD = enum.auto()
    BODY = enum.auto()
    CHUNK_SIZE = enum.auto()
    CHUNK = enum.auto()
    TRAILERS = enum.auto()
    END = enum.auto()
    UNKNOWN = enum.auto()  # ends with the connection, or cannot be followed


class ReplyEnd:
    """Follows the bytes of one reply to its end.

    Args:
        method: of the request, in upper case.

    Attributes:
        interim: how many interim replies (1xx) came before it.
    """

    def __init__(self, method: bytes) -> None:
        self.interim = 0
        self._method = method
        self._part = _Part.HEAD
        self._line = b""  # what there is of the head, or of a line
        self._left = 0  # bytes of the body or the chunk that are still to come

    @property
    def is_complete(self) -> bool:
        """Whether the end has been seen."""
        return self._part is _Part.END

    @property
    def is_unknown(self) -> bool:
        """Whether the end cannot be seen before the connection ends."""
        return self._part is _Part.UNKNOWN

    def feed(self, data: bytes) -> int:
        """Follow the next bytes of the connection.

        Returns:
            How many of them belong to the reply.
        """
        at = 0

        while at < len(data) and self._part is not _Part.END:
            match self._part:
                case _Part.HEAD:
                    at = self._read_head(data, at)
                case _Part.BODY | _Part.CHUNK:
                    at = self._read_body(data, at)
                case _Part.CHUNK_SIZE | _Part.TRAILERS:
                    at = self._read_line(data, at)
                case _:
                    return len(data)

        return at

    def _read_head(self, data: bytes, at: int) -> int:
        known = len(self._line)
        self._line += data[at:]
        found = _BLANK_LINE.search(self._line, max(0, known - 3))
        if found is None:
            if len(self._line) > _MAX_HEAD_BYTES:
                self._part = _Part.UNKNOWN
            return len(data)

        head, self._line = self._line[: found.end()].lower(), b""
        self._begin_body(head)
        return at + len(head) - known

    def _begin_body(self, head: bytes) -> None:
        found = _STATUS.match(head.upper())
        status = int(found[1]) if found else 0
        if 100 <= status < 200 and status != 101:
            self.interim += 1
            return  # the reply itself follows

        coding, length = _CODING.search(head), _LENGTH.search(head)
        if status in (0, 101) or (self._method == b"CONNECT" and status < 300):
            self._part = _Part.UNKNOWN
        elif self._method == b"HEAD" or status in (204, 304):
            self._part = _Part.END
        elif coding is not None:
            self._part = _Part.CHUNK_SIZE if coding[1].strip() == b"chunked" else _Part.UNKNOWN
        elif length is not None:
            self._left = int(length[1])
            self._part = _Part.BODY if self._left else _Part.END
        else:
            self._part = _Part.UNKNOWN

    def _read_body(self, data: bytes, at: int) -> int:
        taken = min(self._left, len(data) - at)
        self._left -= taken
        if not self._left:
            self._part = _Part.END if self._part is _Part.BODY else _Part.CHUNK_SIZE
        return at + taken

    def _read_line(self, data: bytes, at: int) -> int:
        """Read the line before a chunk, or one behind the last chunk. The last of those is empty."""
        end = data.find(b"\n", at) + 1 or len(data)
        self._line += data[at:end]
        if not self._line.endswith(b"\n"):
            if len(self._line) > _MAX_HEAD_BYTES:
                self._part = _Part.UNKNOWN
            return end

        line, self._line = self._line, b""
        if self._part is _Part.TRAILERS:
            if line in (b"\r\n", b"\n"):
                self._part = _Part.END
        elif found := _SIZE.fullmatch(line):
            size = int(found[1], 16)
            self._left = size + 2  # the line end behind the chunk
            self._part = _Part.CHUNK if size else _Part.TRAILERS
        else:
            self._part = _Part.UNKNOWN
        return end
