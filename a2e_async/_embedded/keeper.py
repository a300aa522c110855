"""The process that keeps a shared server: starts it, again if it crashes, and stops it after its last user.

python -m a2e_async._embedded.keeper FOLDER [--passing]

It returns when the server takes connections, and goes on in the background.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn

from a2e_async._embedded.locks import exclusive_if_free
from a2e_async._embedded.server import Server

__all__ = ["KEEPER", "USERS", "main"]

USERS = "users.lock"
"""Every user of the server holds this file together with the others."""
KEEPER = "keeper.lock"
"""The keeper holds this one."""

_LOOK = 0.1  # seconds between two looks at whether it is still used


def main() -> int:
    """Start the server, and the process that keeps it.

    Returns:
        The exit code: 0 when the server takes connections, or has a keeper already.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--passing", action="store_true", help="fast, and deleted at the end: for tests")
    options = parser.parse_args()

    answer, told = os.pipe()
    if os.fork() == 0:
        os.close(answer)
        _keep(options.folder, passing=options.passing, told=told)

    os.close(told)
    with open(answer, encoding="utf-8") as lines:
        problem = lines.read()
    sys.stderr.write(problem)
    return 1 if problem else 0


def _keep(folder: Path, *, passing: bool, told: int) -> NoReturn:
    """Keep the server until nobody uses it any more."""
    os.setsid()
    _leave_terminal()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = Server(folder, durable=not passing)
    held = exclusive_if_free(folder / KEEPER)
    if held is None:
        os._exit(0)

    code = 1
    try:
        server.start()
        os.close(told)
        told = -1
        _until_unused(server, folder, passing=passing, keeper=held)
        code = 0
    except SystemExit:
        server.stop()
    except Exception as error:
        if told >= 0:
            os.write(told, (str(error) or repr(error)).encode())
    finally:
        os._exit(code)


def _until_unused(server: Server, folder: Path, *, passing: bool, keeper: int) -> None:
    while (users := exclusive_if_free(folder / USERS)) is None:
        if not server.runs:
            server.start()
        time.sleep(_LOOK)

    # Who comes now waits for the users' lock, and finds neither server nor keeper then.
    server.stop()
    if passing:
        shutil.rmtree(folder, ignore_errors=True)
    os.close(keeper)
    os.close(users)


def _leave_terminal() -> None:
    """Let go of what was inherited: a pipe that stays open would keep its reader waiting."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)


if __name__ == "__main__":
    sys.exit(main())
