"""Child processes: the server on one core, one client at a time on another."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from tests.bench import environments
from tests.bench.host import load, pinned
from tests.bench.roster import Client

HERE = Path(__file__).resolve().parent
GRACE = 120.0
"""Seconds that a client process gets beyond its own limit, for warming up and closing."""

Row = dict[str, Any]


class ClientFailed(Exception):
    """A client process ended badly; the text is the end of what it said."""


@attrs.frozen
class Server:
    """The running bench server."""

    base: str

    def control(self, path: str, body: Any = None) -> Any:
        """Ask or tell it something outside of what is counted."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.base}/_bench/{path}", data, timeout=60) as reply:
            return json.loads(reply.read())


@contextmanager
def serving(*, pin: bool = True) -> Iterator[Server]:
    """A fresh server for the block, on one core or (`pin` False) on all."""
    command = [*(pinned(1) if pin else []), str(environments.python("server")), str(HERE / "server"), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            if not port:
                raise ClientFailed("the bench server did not start")
            yield Server(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def measure(
    client: Client, mode: str, spec: dict[str, Any], limit: float = 600.0, *, pin: bool = True
) -> Row:
    """Run `client` in a process of its own, on one core or (`pin` False) on all, and return what it reports.

    Raises:
        Unavailable: its environment cannot be made.
        ClientFailed: it crashed or hung.
    """
    executable = str(environments.python(client.environment))
    where = pinned(0) if pin else []
    command = [*where, executable, str(HERE / "clients"), mode, client.adapter, json.dumps(spec)]
    waiting = load()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit + GRACE, check=False)
    except subprocess.TimeoutExpired as error:
        raise ClientFailed(f"{client.name} was still running after {limit + GRACE:.0f} s") from error
    if done.returncode:
        raise ClientFailed(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no message")
    row: Row = json.loads(done.stdout.splitlines()[-1])
    return {"client": client.name, "role": client.role, "load": waiting, **row}
