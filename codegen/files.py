"""Replaces many files together: all of them, or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

__all__ = ["Files", "changed", "replace_together"]

Files = Mapping[Path, bytes | None]
"""The wanted content of each file; None means that there should be no such file."""


def changed(files: Files) -> dict[Path, bytes | None]:
    """The files whose content is not the wanted one."""
    return {path: content for path, content in files.items() if _read(path) != content}


def replace_together(files: Files) -> list[Path]:
    """Write and remove files. Files that have the wanted content are not touched.

    Returns: the files that changed.

    Raises:
        OSError: a file could not be replaced. All files are as before.
    """
    wanted = changed(files)

    # A full disk or an interrupt must not leave half of the files replaced. Everything that needs space
    # is written beside its target first, together with copies of the old files. Only then are the targets
    # replaced, by renames; if one of these fails, the copies are put back.
    with ExitStack() as stack:
        for folder in {path.parent for path in wanted}:
            if not folder.exists():
                folder.mkdir(parents=True)
                stack.callback(_remove_if_empty, folder)

        staged = {path: _stage(path, content, stack) for path, content in wanted.items()}
        copies = {path: _stage(path, _read(path), stack) for path in wanted}

        try:
            for path, new in staged.items():
                _put(path, new)
        except BaseException:
            for path, old in copies.items():
                _put(path, old)
            raise

    return list(wanted)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _stage(path: Path, content: bytes | None, stack: ExitStack) -> Path | None:
    """Write the content to a new file beside the path, which is removed when the stack closes."""
    if content is None:
        return None

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    staged = Path(name)
    stack.callback(staged.unlink, missing_ok=True)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    staged.chmod(0o644)
    return staged


def _put(path: Path, source: Path | None) -> None:
    """Move the source to the path, or remove the file there if there is no source."""
    if source is None:
        path.unlink(missing_ok=True)
    else:
        source.replace(path)


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return
