"""The values accepted where the API takes a media URL. No I/O."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol, TypeGuard

import attrs

from a2e_async.errors import InvalidArgument
from a2e_async.plain import Plain

__all__ = [
    "File",
    "LeftFile",
    "Made",
    "Media",
    "Upload",
    "is_entry",
    "is_file",
    "is_image",
    "is_made",
    "portable",
]


@attrs.frozen
class Upload(Plain):
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


@attrs.frozen
class LeftFile:
    """Stands for an open file that stayed behind when its job was pickled.

    Attributes:
        shown: the file, as a message shows it.
    """

    shown: str

    @property
    def problem(self) -> str:
        """Why it cannot be read, and what to do."""
        return (
            f"{self.shown} stayed in the process that pickled the job: give it as pathlib.Path or bytes, or "
            "pickle what job.with_uploads() returns"
        )

    def read(self, size: int = -1) -> bytes:
        """Refuse to be read.

        Raises:
            InvalidArgument: always.
        """
        raise InvalidArgument("file", self.problem)


class BinaryFile(Protocol):
    """A file that is open for reading bytes, such as `io.BytesIO` or the result of ``open(path, "rb")``."""

    @abstractmethod
    def read(self, size: int = ..., /) -> Any:
        """Return up to `size` bytes; empty at the end. May be a coroutine function, as in web frameworks."""


class Image(Protocol):
    """A picture that can save itself, as those of Pillow do."""

    @property
    @abstractmethod
    def format(self) -> str | None:
        """The file format that it came from, None if it was made in memory."""

    @abstractmethod
    def save(self, fp: Any, /, format: str | None = ...) -> None:
        """Write the picture to an open file."""


class Entry(Protocol):
    """A path that is not one of this machine, such as `zipfile.Path` or a resource of a package."""

    @abstractmethod
    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Open the file; called with the mode "rb"."""

    @abstractmethod
    def is_file(self) -> bool:
        """Whether there is such a file."""

    @abstractmethod
    def read_bytes(self) -> bytes:
        """Return its content."""


class Address(Protocol):
    """A URL as an object, as those of pydantic, yarl and httpx are."""

    @property
    @abstractmethod
    def scheme(self) -> str:
        """The part before the colon."""

    @property
    @abstractmethod
    def host(self) -> str | None:
        """The host, None if the URL has none."""


class Made(Protocol):
    """What another job has made, such as a `Result`."""

    @abstractmethod
    def urls_for(self, field: str) -> Sequence[str]:
        """The URLs that fit a field, by its name. There is at least one."""


File = os.PathLike[str] | bytes | bytearray | memoryview | BinaryFile | Image | Entry | Upload
"""A file, wherever it is. Files in memory and open files are read from their current position."""

Media = str | Address | File | Made
"""A media URL; a file, as `pathlib.Path`, bytes, open binary file, Pillow image or `Upload`; or a `Result`.

Of a Result, the first file is taken that fits."""


def is_made(value: Any) -> TypeGuard[Made]:
    """Whether the value is what another job has made."""
    return callable(getattr(value, "urls_for", None)) and not isinstance(value, type)


def is_file(value: Any) -> bool:
    """Whether the value is a file of any kind that a job takes. It is not looked into.

    A file that is open in text mode is one too: `a2e_async._files.sources.check_source` refuses it by name.
    """
    if value is None or isinstance(value, str | int | float | dict | list | tuple | type):
        return False
    if isinstance(value, bytes | bytearray | memoryview | Upload | os.PathLike):
        return True
    if isinstance(value, Plain):
        return False
    return callable(getattr(value, "read", None)) or is_image(value) or is_entry(value)


def is_image(value: Any) -> bool:
    """Whether the value is a picture that can save itself in a file, as those of Pillow do."""
    return callable(getattr(value, "save", None)) and hasattr(value, "format") and hasattr(value, "mode")


def is_entry(value: Any) -> bool:
    """Whether the value is an `Entry`: it can be opened, but not by the system."""
    return not isinstance(value, os.PathLike | type) and all(
        callable(getattr(value, name, None)) for name in ("open", "is_file", "read_bytes")
    )


def portable(file: Any) -> Any:
    """The file, if it can be pickled; else what stands for it, so that every job can be pickled."""
    if isinstance(file, bytes | os.PathLike | Upload):
        return file
    import pickle  # only where a job with an open file is pickled

    try:
        pickle.dumps(file)
    except Exception:  # of any class, for each kind of object refuses in its own way
        return LeftFile(repr(file)[:200])
    return file
