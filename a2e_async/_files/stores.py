"""Places that take complete files: an object store, or a folder that several machines share.

A download to such a place is first completed in a part file on this machine, where all its rules hold. Then
the place takes it, whole or not at all. Everything here blocks and belongs in a worker thread.
"""

from __future__ import annotations

import os
import stat
import tempfile
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from a2e_async._files.file_names import numbered

__all__ = ["Stopped", "Store", "StoreError", "check_store", "find_in_store", "parts_folder", "put_in_store"]


class StoreError(OSError):
    """A place cannot take a file.

    Attributes:
        may_pass: whether another try may succeed.
        meets_all: whether the place takes no other file either, where that has been found out.
    """

    def __init__(self, number: int, message: str, *, may_pass: bool) -> None:
        super().__init__(number, message)
        self.may_pass = may_pass
        self.meets_all = False

    def __str__(self) -> str:
        return str(self.strerror)


class Stopped(Exception):
    """The work was stopped, because nobody waits for it any more. Nothing of it is left."""


class Store(os.PathLike[str], ABC):
    """A place for complete files. It is given where a folder is. Its methods raise `StoreError`."""

    @abstractmethod
    def check(self) -> None:
        """Make sure that files can be saved here: write something, and remove it."""

    @abstractmethod
    def locate(self, name: str) -> Any:
        """Where the file of this name is, as callers see it: a `Path`, or an address."""

    @abstractmethod
    def size(self, name: str) -> int | None:
        """The bytes of the file of this name; None if there is none, -1 if there is something else."""

    def find_size(self, name: str) -> int | None:
        """The bytes of the file of this name; None if it cannot be seen, for whatever reason."""
        try:
            return self.size(name)
        except StoreError:
            return None

    @abstractmethod
    def md5(self, name: str) -> str | None:
        """The MD5 of the file of this name, in hex; None if that is not known."""

    @abstractmethod
    def has_content(self, name: str, source: Path) -> bool:
        """Whether the file of this name has the content of another one, of the same size."""

    @abstractmethod
    def put(self, source: Path, name: str, *, content_type: str, stop: threading.Event) -> bool:
        """Save a file under a name that is free.

        Args:
            source: the file on this machine. It may be moved.
            name: a safe name.
            content_type: the type of the content.
            stop: set when nobody waits any more.

        Returns:
            False if the name is taken.

        Raises:
            Stopped: nothing was saved.
        """

    @abstractmethod
    def replace(self, source: Path, name: str, *, content_type: str, stop: threading.Event) -> None:
        """Save a file, in place of another of this name. See `put`."""


def put_in_store(
    store: Store, source: Path, name: str, *, overwrite: bool, content_type: str, stop: threading.Event
) -> tuple[str, bool]:
    """Save a file under the name, or its first free number. One with the same content is kept instead.

    Returns:
        The name, and whether an existing file was kept.

    Raises:
        StoreError: it cannot be saved.
        Stopped: nobody waits any more. Nothing was saved.
    """
    if overwrite:
        store.replace(source, name, content_type=content_type, stop=stop)
        return name, False

    size = source.stat().st_size
    names = numbered(name)
    while True:
        name = next(names)
        there = store.size(name)
        if not there:  # an empty file may be a name that was taken and never filled
            if store.put(source, name, content_type=content_type, stop=stop):
                return name, False
            there = store.size(name)
        if there == size and store.has_content(name, source):
            return name, True


def find_in_store(store: Store, name: str, size: int, md5: str) -> str | None:
    """Find a file that an earlier call saved under the name or a number of it."""
    names = numbered(name)
    while (there := store.size(name := next(names))) is not None:
        if there == size and store.md5(name) == md5:
            return name
    return None


def check_store(store: Store) -> None:
    """Make sure that files can be saved in a store, by way of this machine.

    Raises:
        OSError: they cannot.
    """
    with tempfile.TemporaryFile(dir=parts_folder()) as file:
        file.write(b"\0")
    store.check()


def parts_folder() -> Path:
    """The folder of this user for the parts of files that go to a store. It is made if needed.

    A later call finds the parts there. It lies in the system's folder for temporary files, where others
    could have put something else of that name.

    Raises:
        OSError: it cannot be used.
    """
    user = os.getuid() if hasattr(os, "getuid") else None
    folder = Path(tempfile.gettempdir()) / ("a2e-async" if user is None else f"a2e-async-{user}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or user not in (None, status.st_uid):
        raise PermissionError(
            f"{str(folder)!r} is not a folder of this user; remove it, or set TMPDIR to another folder"
        )
    return folder
