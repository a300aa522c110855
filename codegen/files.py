"""Many files replaced together: all of them, or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

__all__ = ["Files", "changed", "replace_together"]

Files = Mapping[Path, bytes | None]
"""What each file should hold; None stands for a file that should not be there."""


def changed(files: Files) -> dict[Path, bytes | None]:
    """Those of the files that are not as they should be."""
    return {path: content for path, content in files.items() if _read(path) != content}


def replace_together(files: Files) -> list[Path]:
    """Write and remove files. Those that are as they should be are not touched.

    Everything new is written beside its target first, and everything old is copied; then the targets
    are replaced. When that breaks off halfway, the copies are put back.

    Returns: the files that changed.

    Raises:
        OSError: it could not be done; everything is as it was.
    """
    wanted = changed(files)
    with ExitStack() as stack:
        for folder in {path.parent for path in wanted}:
            if not folder.exists():
                folder.mkdir(parents=True)
                stack.callback(_remove_if_empty, folder)
        staged = {path: _stage(path, content, stack) for path, content in wanted.items()}
        kept = {path: _stage(path, _read(path), stack) for path in wanted}
        try:
            for path, new in staged.items():
                _put(path, new)
        except BaseException:
            for path, old in kept.items():
                _put(path, old)
            raise
    return list(wanted)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _stage(path: Path, content: bytes | None, stack: ExitStack) -> Path | None:
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
    if source is None:
        path.unlink(missing_ok=True)
    else:
        source.replace(path)


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return
