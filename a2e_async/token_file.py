"""The file that keeps the token for its user: written by ``a2e init``, read where no token was given."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from a2e_async.errors import ConfigurationError

__all__ = ["read_token", "token_path", "write_token"]

_FOLDER = "A2E_CONFIG_DIR"
_MOST = 64 * 1024  # bytes; no token is that long


def token_path() -> Path:
    """Where the file is: in A2E_CONFIG_DIR, else in the folder that the system has for such files."""
    if given := os.environ.get(_FOLDER):
        return Path(given).expanduser() / "token"
    if sys.platform == "win32" and (given := os.environ.get("APPDATA")):
        return Path(given) / "a2e" / "token"
    given = os.environ.get("XDG_CONFIG_HOME", "")
    # A relative one is to be ignored, says the XDG specification.
    folder = Path(given) if os.path.isabs(given) else Path(os.path.expanduser("~/.config"))
    return folder / "a2e" / "token"


def read_token() -> str | None:
    """Read the token; None if there is no file.

    Raises:
        ConfigurationError: others can read the file, or it cannot be read.
    """
    path = token_path()
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            if os.name == "posix" and stat.S_IMODE(state.st_mode) & 0o077:
                raise ConfigurationError(f"others can read the token in {path}: chmod 600 {path}")
            return file.read(_MOST).decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigurationError(f"the token in {path} cannot be read: {error.strerror}") from None


def write_token(token: str) -> Path:
    """Write the token, and return the file. Only its owner can read it, from the first moment.

    Raises:
        ConfigurationError: it cannot be written.
    """
    path = token_path()
    # It is made beside its place, because a file that is there may be readable by others.
    part = path.with_name(f".token-{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)

        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{token}\n")
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise ConfigurationError(f"the token cannot be written to {path}: {error.strerror}") from None

    return path
