"""What went wrong with the file of a journal, and what to do about it. No I/O."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from a2e_async.errors import JournalError

__all__ = ["journal_error", "naming"]

_IN_USE = "another program holds it: close the run, backup or database browser that does, and run again"
_NO_RIGHT = "this user needs the right to write the file and its folder"
_NO_ROOM = "make room on the disk, and run again: what was started is written down or will be searched for"
_DISK = "check the disk that it is on, and run again"
_OTHER = "restore it from a copy, or name another file: what was started before is not known there"
_ADVICE = {
    sqlite3.SQLITE_BUSY: _IN_USE,
    sqlite3.SQLITE_LOCKED: _IN_USE,
    sqlite3.SQLITE_READONLY: _NO_RIGHT,
    sqlite3.SQLITE_CANTOPEN: _NO_RIGHT,
    sqlite3.SQLITE_FULL: _NO_ROOM,
    sqlite3.SQLITE_IOERR: _DISK,
    sqlite3.SQLITE_CORRUPT: _OTHER,
    sqlite3.SQLITE_NOTADB: _OTHER,
}
_ADVICE_OF_SYSTEM = {
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
    errno.EROFS: _NO_RIGHT,
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EMFILE: "too many files are open: raise the limit (ulimit -n), and run again",
    errno.ENFILE: "too many files are open on this machine: close some, and run again",
}


def journal_error(path: Path, error: BaseException) -> JournalError:
    """Make the error that says what went wrong with a journal, and what to do.

    Args:
        path: its file.
        error: an error of SQLite, of the system, or of the path itself.
    """
    advice: str | None = None
    damaged = ""
    if isinstance(error, sqlite3.Error):
        # Errors that Python itself raises have no code.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        advice = _ADVICE.get(code)
        damaged = (
            "damaged or not a journal: " if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) else ""
        )
    elif isinstance(error, OSError):
        advice = _ADVICE_OF_SYSTEM.get(error.errno or 0, _DISK)
    elif isinstance(error, ValueError):
        advice = "give the path of a file"

    problem = str(error) or type(error).__name__
    made = JournalError(f"{str(path)!r}: {damaged}{problem}{f'; {advice}' if advice else ''}")
    made.__cause__ = error
    return made


def naming(path: Path, error: JournalError) -> JournalError:
    """Return the error with what it may lack: the name of the journal's file, and what to do about damage."""
    text = str(error)
    if str(path) not in text:
        text = f"{str(path)!r}: {text}"
    if "damaged" in text and _OTHER not in text:
        text = f"{text}; {_OTHER}"
    if text == str(error):
        return error

    named = JournalError(text)
    named.__cause__ = error.__cause__
    return named
