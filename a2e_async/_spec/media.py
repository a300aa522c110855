"""The values accepted where the API takes a media URL. No I/O."""

from __future__ import annotations

import os
from abc import abstractmethod
from typing import Any, Protocol

import attrs

__all__ = ["File", "Media", "Upload", "is_entry", "is_file", "is_image"]


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


File = os.PathLike[str] | bytes | bytearray | memoryview | BinaryFile | Image | Entry | Upload
"""A file, wherever it is. Files in memory and open files are read from their current position."""

Media = str | Address | File
"""A media URL, or a file: as `pathlib.Path`, bytes, open binary file, Pillow image or `Upload`."""


def is_file(value: Any) -> bool:
    """Whether the value is a file of any kind that a job takes. It is not looked into.

    A file that is open in text mode is one too: `a2e_async._files.sources.check_source` refuses it by name.
    """
    if value is None or isinstance(value, str | int | float | dict | list | tuple | type):
        return False
    if isinstance(value, bytes | bytearray | memoryview | Upload | os.PathLike):
        return True
    return callable(getattr(value, "read", None)) or is_image(value) or is_entry(value)


def is_image(value: Any) -> bool:
    """Whether the value is a picture that can save itself in a file, as those of Pillow do."""
    return callable(getattr(value, "save", None)) and hasattr(value, "format") and hasattr(value, "mode")


def is_entry(value: Any) -> bool:
    """Whether the value is an `Entry`: it can be opened, but not by the system."""
    return not isinstance(value, os.PathLike | type) and all(
        callable(getattr(value, name, None)) for name in ("open", "is_file", "read_bytes")
    )
