"""One PostgreSQL server on a folder: made, started, stopped."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from a2e_async._embedded.programs import as_whom, give, programs_for, run_as
from a2e_async.errors import ConfigurationError

__all__ = ["Server"]

_PORT = "5432"  # only names the socket: nothing listens on the network
_LONGEST_SOCKET = 100  # bytes; what a system allows at least is 103
_PATIENCE = 60.0  # seconds, for a slow disk and for what a crash left to be replayed
# A crash of the server loses nothing then, only one of the machine does.
_FAST = ("fsync=off", "full_page_writes=off")


class Server:
    """A PostgreSQL server whose data is in a folder. It listens on a socket that only its user can open.

    Args:
        folder: where the data is, and the log.
        durable: whether what was committed survives a power failure. Not so is faster, for tests.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._log = folder / "log"
        self._durable = durable
        self._sockets = self._data
        self._process: subprocess.Popen[Any] | None = None

    @property
    def url(self) -> str:
        """The URL of its database, while it runs."""
        lines = self._pid_file()
        sockets = lines[4] if len(lines) > 4 else str(self._data)
        return f"postgresql://postgres@:{_PORT}/postgres?host={quote(sockets, safe='')}"

    @property
    def answers(self) -> bool:
        """Whether it takes connections."""
        lines = self._pid_file()
        if len(lines) < 8 or lines[7] != "ready":
            return False
        with socket.socket(socket.AF_UNIX) as tried:
            return tried.connect_ex(f"{lines[4]}/.s.PGSQL.{_PORT}") == 0

    @property
    def runs(self) -> bool:
        """Whether the process that `start` made is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, and wait until it takes connections. The data is made where there is none yet.

        Raises:
            ConfigurationError: it cannot be started here.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            version = self._data / "PG_VERSION"
            programs = programs_for(version.read_text().strip() if version.exists() else None)
            if not version.exists():
                self._make(programs.initdb)
            self._end_leftover()
            self._start(programs.postgres)
        except OSError as error:
            raise ConfigurationError(f"PostgreSQL cannot be started in {self._folder}: {error}") from error

    def stop(self, *, at_once: bool = False) -> None:
        """Stop it. Its connections are closed.

        Args:
            at_once: as a crash: nothing is written any more.
        """
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
            self._process.wait()
            self._process = None
            if self._sockets != self._data:
                shutil.rmtree(self._sockets, ignore_errors=True)

    def _make(self, initdb: str) -> None:
        """Make the data, aside: what was broken off halfway would be taken for data otherwise."""
        aside = self._folder / "data.new"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        give(aside)

        command = [initdb, "--pgdata", str(aside), "--username", "postgres", "--auth", "trust"]
        command += ["--encoding", "UTF8", "--locale", "C"]
        if not self._durable:
            command.append("--no-sync")
        ran = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, check=False, umask=0o077, **run_as()
        )
        if ran.returncode:
            raise ConfigurationError(f"{self._folder} cannot be used{as_whom()}: {_last_line(ran.stderr)}")
        aside.rename(self._data)

    def _start(self, postgres: str) -> None:
        """Start PostgreSQL, and wait until it answers."""
        self._sockets = self._socket_folder()
        command = [postgres, "-D", str(self._data), "-p", _PORT, "-k", str(self._sockets)]
        command += ["-c", "listen_addresses="]
        for setting in ("log_checkpoints=off", *(() if self._durable else _FAST)):
            command += ["-c", setting]
        with self._log.open("wb") as log:
            # A session of its own: Ctrl-C at a terminal is for who uses it.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **run_as(),
            )

        end = time.monotonic() + _PATIENCE
        while not self.answers:
            if not self.runs or time.monotonic() > end:
                self.stop(at_once=True)
                raise ConfigurationError(
                    f"PostgreSQL cannot be started in {self._folder}: {_last_line(self._log.read_bytes())}"
                )
            time.sleep(0.01)

    def _end_leftover(self) -> None:
        """End a server on this data that nobody looks after any more.

        Its process may be gone, and another process have its number: after a restart of a container, say.
        PostgreSQL would take that one for itself, and refuse to start.
        """
        lines = self._pid_file()
        if not lines or not lines[0].isdigit():
            return

        pid = int(lines[0])
        if str(self._data) not in _command_of(pid):
            (self._data / "postmaster.pid").unlink(missing_ok=True)
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
            end = time.monotonic() + _PATIENCE
            while str(self._data) in _command_of(pid) and time.monotonic() < end:
                time.sleep(0.01)

    def _pid_file(self) -> list[str]:
        """The lines in which a running server says what it is: process, folder, …, status."""
        try:
            return [line.strip() for line in (self._data / "postmaster.pid").read_text().splitlines()]
        except FileNotFoundError:
            return []

    def _socket_folder(self) -> Path:
        """Where the socket is: in the data, unless URLs or the system cannot have such a path."""
        path = str(self._data)
        length = len(os.fsencode(path)) + len(f"/.s.PGSQL.{_PORT}")
        if length <= _LONGEST_SOCKET and not set(path) & set(',"'):
            return self._data

        digest = hashlib.blake2b(os.fsencode(path), digest_size=8).hexdigest()
        folder = Path(tempfile.gettempdir()) / f"a2e-postgres-{digest}"
        folder.mkdir(exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), self._data.stat().st_uid):
            raise ConfigurationError(f"{folder} belongs to somebody else")
        give(folder)
        return folder


def _command_of(pid: int) -> str:
    """The command line of a process, as far as it can be had."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    try:
        ps = ["/bin/ps", "-o", "args=", "-p", str(pid)]
        listed = subprocess.run(ps, capture_output=True, check=False)
    except OSError:
        return ""
    return listed.stdout.decode(errors="replace")


def _last_line(text: bytes) -> str:
    lines = [line.strip() for line in text.decode(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error:"))]
    return (telling or lines or ["it did not say why"])[-1]
