"""The file that the shapes of replies are collected in; see docs/shapes.md.

Several clients and processes may use one file. Each keeps what is new and adds it to the file now and then,
when a client is closed, and when the process ends. Collecting never stops other work: whatever goes wrong
is one warning.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from a2e_async._transport.shape_tallies import Shapes, add_members, add_shapes, parse_shapes, written
from a2e_async._transport.shapes import Members, operation_of, shape_of, strings_in
from a2e_async.errors import ConfigurationError

if TYPE_CHECKING:
    from a2e_async._spec.operation import Call
    from a2e_async._transport.envelope import Reply

__all__ = ["ShapeLog", "shape_log"]

_EVERY = 30.0  # seconds between two writes
_LARGEST_REPLY = 8 << 20  # bytes; the time to read more is not well spent
_LARGEST_FILE = 64 << 20  # bytes; ours stay far below
_PATIENCE = 3.0  # seconds to wait for another process that writes
_OF_TOKENS = "/token/"  # in the paths of operations whose replies hold secrets

logger = logging.getLogger("a2e_async")


class ShapeLog:
    """Collects the shapes of replies in a file.

    Args:
        path: the file; it is made when it is first written.
    """

    # `_adding` protects what is new, `_writing` the way to the file. A thread that has `_writing` takes
    # `_adding` for a moment, never the other way round.

    def __init__(self, path: Path) -> None:
        self.path = path
        self._new: Shapes = {}
        self._adding = threading.Lock()
        self._writing = threading.Lock()
        self._written = time.monotonic()
        self._process = os.getpid()
        self._warned = False
        self._stopped = False

    def see(self, call: Call, reply: Reply, *, refused: bool) -> None:
        """Add the shape of a reply. Never raises.

        Args:
            call: what was asked.
            reply: the reply; the token is masked in it.
            refused: whether it was an error.
        """
        if self._stopped or len(reply.content) > _LARGEST_REPLY:
            return
        try:
            asked = strings_in(call.path, call.template, (call.query, call.body))
            members = shape_of(reply.content, asked, statuses=_OF_TOKENS not in call.path)
            self._add(call, reply, refused, members)
        except Exception as error:
            self._stop(f"a reply cannot be read: {type(error).__name__}")

    def see_file(self, call: Call, reply: Reply) -> None:
        """Count a reply that is a file or a text. Never raises."""
        if not self._stopped:
            self._add(call, reply, False, {"": {"file": 1}})

    def write(self) -> None:
        """Add to the file what is new. Never raises."""
        self._forget_if_forked()
        try:
            with self._writing:
                self._write()
        except OSError as error:
            self._warn(error.strerror or type(error).__name__)
        except ValueError as error:
            self._stop(f"{error}. It is left as it is; give another path")

    async def aclose(self) -> None:
        """Write, in a worker thread."""
        import anyio.to_thread

        with contextlib.suppress(RuntimeError):  # no thread can be started; it is written at the end
            await anyio.to_thread.run_sync(self.write)

    def _add(self, call: Call, reply: Reply, refused: bool, members: Members) -> None:
        self._forget_if_forked()
        operation = operation_of(call.method, call.path, call.template)
        outcome = f"{reply.status} refused" if refused and reply.status in (200, 201) else str(reply.status)

        with self._adding:
            add_members(self._new, operation, outcome, members)
            now = time.monotonic()
            due = now - self._written >= _EVERY
            if due:
                self._written = now
        if due:
            with contextlib.suppress(RuntimeError):
                threading.Thread(target=self.write, name="a2e_async shapes", daemon=True).start()

    def _write(self) -> None:
        with self._adding:
            new, self._new = self._new, {}
            self._written = time.monotonic()
        if not new or self._stopped:
            return

        try:
            with _locked(self.path):
                shapes = self._read()
                add_shapes(shapes, new)
                _replace(self.path, written(shapes))
        except OSError:
            with self._adding:  # for the next time
                add_shapes(self._new, new)
            raise

    def _read(self) -> Shapes:
        try:
            with self.path.open("rb") as file:
                content = file.read(_LARGEST_FILE + 1)
        except FileNotFoundError:
            return {}
        if len(content) > _LARGEST_FILE:
            raise ValueError("it is too large")
        return parse_shapes(content) if content.strip() else {}

    def _forget_if_forked(self) -> None:
        """A process that was forked has the news of its parent, which writes them itself."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._new = {}
            self._adding, self._writing = threading.Lock(), threading.Lock()

    def _stop(self, problem: str) -> None:
        self._stopped = True
        self._new = {}
        self._warn(problem)

    def _warn(self, problem: str) -> None:
        if not self._warned:
            self._warned = True
            logger.warning("shapes of replies are not collected in %s: %s", self.path, problem)


_logs: dict[str, ShapeLog] = {}
_making = threading.Lock()


def shape_log(given: Any) -> ShapeLog:
    """Return the log of a file, which all clients of this process share.

    Args:
        given: the path; None reads A2E_SHAPES.

    Raises:
        ConfigurationError: no file can be made there.
    """
    if given is None:
        path = _checked(os.environ.get("A2E_SHAPES"), "A2E_SHAPES")
    else:
        path = _checked(given, "shapes")
    with _making:
        log = _logs.get(str(path))
        if log is None:
            log = _logs[str(path)] = ShapeLog(path)
            atexit.register(log.write)
    return log


def _checked(place: Any, source: str) -> Path:
    shown = os.fspath(place) if isinstance(place, str | os.PathLike) else None
    if not isinstance(shown, str) or not shown:
        raise ConfigurationError(f"{source}: {place!r} is not a path, such as 'shapes.json'")

    try:
        path = Path(os.path.realpath(Path(shown).expanduser()))
        folder = path.parent
        if not folder.is_dir():
            raise ConfigurationError(f"{source}: {shown!r}: the folder {str(folder)!r} does not exist")
        if path.exists() and not path.is_file():
            raise ConfigurationError(f"{source}: {shown!r} is not a file")
        if path.exists() and not os.access(path, os.R_OK):
            raise ConfigurationError(f"{source}: {shown!r} cannot be read")
        if not os.access(folder, os.W_OK):
            raise ConfigurationError(f"{source}: {shown!r}: nothing can be written to {str(folder)!r}")
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigurationError(f"{source}: {shown!r} cannot be used as a path: {error}") from None
    return path


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep out other processes, and other logs. The lock is on a file beside, because ours is replaced.

    Raises:
        OSError: another one has had it for too long.
    """
    beside = path.with_name(f".{path.name}.lock")
    descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        until = time.monotonic() + _PATIENCE
        while not _try_lock(descriptor):
            if time.monotonic() >= until:
                raise TimeoutError(0, "another process is writing to it all the time")
            time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)  # which unlocks it


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True  # a file system without locks
    return True


def _replace(path: Path, text: str) -> None:
    """Write a file so that a reader finds the old or the new one, and never half of one."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
