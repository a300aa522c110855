"""Content-Encoding of a download: some hosts compress although identity was requested. No I/O."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing

from a2e_async._files.http import Retry
from a2e_async._files.media_types import sniff
from a2e_async.errors import DownloadError

__all__ = ["decoded", "is_encoded"]

_PIECE_BYTES = 1 << 20  # what one step decompresses at most, so that a small body cannot fill the memory
_FREE_BYTES = 64 << 20  # unpacked, before the ratio counts
_MOST_RATIO = 100  # of unpacked to packed; text reaches 20, and a file made to fill disks 1000
_START_BYTES = 32  # enough to see whether a body is compressed at all
_GZIP = b"\x1f\x8b"

# Values that mean no compression. Object stores repeat what an upload once said, such as aws-chunked.
_PLAIN = frozenset({"", "identity", "none", "binary", "aws-chunked", "utf-8", "utf8", "8bit", "base"})


def is_encoded(headers: Mapping[str, str]) -> bool:
    """Whether a response says that its body is compressed."""
    return bool(_encodings(headers))


async def decoded(
    pieces: AsyncGenerator[bytes, None], headers: Mapping[str, str], url: str
) -> AsyncGenerator[bytes, None]:
    """Decompress a body as it arrives, in pieces of bounded size.

    A body that is not compressed, whatever its header says, is left as it is.

    Args:
        pieces: the body. It is closed.
        headers: of the response, with lower-case names.
        url: the file's, for the error.

    Raises:
        Retry: the body is broken or cut short, or compressed in a way that was not requested.
        DownloadError: the body is made to fill a disk.
    """
    encodings = _encodings(headers)
    unpack: _Unpacker | None = None
    start = b""
    begun = False

    async with aclosing(pieces):
        async for piece in pieces:
            data = piece
            if not begun:
                data = start = start + piece
                if len(start) < _START_BYTES:
                    continue
                begun, unpack = True, _unpacker(encodings, start)
            for out in unpack.feed(data) if unpack else (data,):
                yield out
            if unpack and unpack.grows_too_much:
                raise DownloadError(f"it unpacks to more than {_MOST_RATIO} times its size", url=url)

    if start and not begun:
        unpack = _unpacker(encodings, start)
        for out in unpack.feed(start) if unpack else (start,):
            yield out
    if unpack is not None:
        yield unpack.finish()


def _encodings(headers: Mapping[str, str]) -> tuple[str, ...]:
    names = (name.strip().lower() for name in headers.get("content-encoding", "").split(","))
    return tuple(name.removeprefix("x-") for name in names if name not in _PLAIN)


def _unpacker(encodings: tuple[str, ...], start: bytes) -> _Unpacker | None:
    """The unpacker for a body that starts like this; None if it is not compressed."""
    if start.startswith(_GZIP) and encodings[-1] in ("gzip", "deflate"):
        return _Unpacker(encodings, zlib.MAX_WBITS | 16)
    if sniff(start) is not None or encodings[-1] == "gzip":
        return None  # the header is wrong

    if encodings[-1] == "deflate":
        has_header = start[0] & 0xF == 8 and int.from_bytes(start[:2], "big") % 31 == 0
        return _Unpacker(encodings, zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
    raise Retry(f"sent as {', '.join(encodings)}, which was not requested")


class _Unpacker:
    """Decompresses gzip, also of several members, or deflate."""

    def __init__(self, encodings: tuple[str, ...], wbits: int) -> None:
        if len(encodings) != 1:
            raise Retry(f"sent as {', '.join(encodings)}, which was not requested")
        self._name = encodings[0]
        self._wbits = wbits
        self._zlib = zlib.decompressobj(wbits)
        self._packed = 0
        self._unpacked = 0

    @property
    def grows_too_much(self) -> bool:
        """Whether a small body has become a huge one, as no file of use does."""
        return self._unpacked > max(_FREE_BYTES, _MOST_RATIO * self._packed)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decompress the next bytes."""
        self._packed += len(data)
        while data:
            if self._zlib.eof:
                if not data.startswith(_GZIP):
                    return  # padding
                self._zlib = zlib.decompressobj(self._wbits)

            try:
                out = self._zlib.decompress(data, _PIECE_BYTES)
            except zlib.error as error:
                raise Retry(f"broken {self._name}: {error}") from None
            data = self._zlib.unconsumed_tail or self._zlib.unused_data
            self._unpacked += len(out)
            if out:
                yield out

    def finish(self) -> bytes:
        """Return the last bytes.

        Raises:
            Retry: the body was cut short.
        """
        last = self._zlib.flush()
        if not self._zlib.eof:
            raise Retry(f"{self._name} cut short")
        return last
