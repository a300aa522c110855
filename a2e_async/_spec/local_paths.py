"""Paths of this machine as callers give them."""

from __future__ import annotations

import os
from typing import Any

from a2e_async.errors import InvalidArgument

__all__ = ["local_path", "path_text"]


def local_path(field: str, value: str | os.PathLike[Any]) -> str:
    """Return a path as the system takes it, with ``~`` expanded. No I/O.

    Args:
        field: the argument's name, for messages.
        value: a path.

    Raises:
        InvalidArgument: no file can have this path.

    Example:
        >>> local_path("image_url", Path("~/cat.png"))
        '/home/ann/cat.png'
    """
    path: str | bytes = os.fspath(value)
    path = os.fsdecode(path) if isinstance(path, bytes) else path
    if not path:
        raise InvalidArgument(field, "the path is empty")

    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        raise InvalidArgument(field, f"{path_text(path)} holds characters that no file name can") from None
    if "\0" in path:
        raise InvalidArgument(field, f"{path_text(path)} holds a null character")

    expanded = os.path.expanduser(path)
    if expanded == path and path.split(os.sep)[0] == "~":
        raise InvalidArgument(field, f"{path_text(path)}: the home folder is not known; set HOME")
    return expanded


def path_text(path: str | os.PathLike[Any]) -> str:
    """Show a path in a message. What cannot be printed is escaped.

    Example:
        >>> path_text("a\\nb")
        'a\\\\nb'
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in os.fsdecode(path)
    )
