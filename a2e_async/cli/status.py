"""``a2e status``: the state of the queue and its workers."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import anyio

from a2e_async import worker
from a2e_async.cli.output import print_json, print_row, to_plain
from a2e_async.cli.streams import is_terminal

__all__ = ["show"]

_CLEAR = "\x1b[H\x1b[2J"  # on a terminal: what was there is replaced


async def show(*, journal: str, json: bool, watch: float | None) -> int:
    """Print the state of the queue, once or again and again.

    Args:
        journal: the URL of the database.
        json: as one line of JSON.
        watch: seconds between two looks; None for one look.
    """
    while True:
        standing = await worker.status(journal)
        if json:
            print_json(standing)
        else:
            if watch is not None and is_terminal(sys.stdout):
                sys.stdout.write(_CLEAR)
            _print(standing)

        if watch is None:
            return 0
        sys.stdout.flush()
        await anyio.sleep(watch)


def _print(standing: worker.Status) -> None:
    facts: dict[str, Any] = to_plain(standing)
    workers = facts.pop("workers")
    row = partial(print_row, width=max(map(len, facts)))
    for name, value in facts.items():
        row(name.replace("_", " "), f"{value:g}")

    alive = [each for each in workers if each["seen"] is not None]
    gone = [each for each in workers if each["seen"] is None]
    for each in alive:
        row("worker", each["name"], *_sums([each]), f"seen {each['seen']:.0f} s ago")
    if gone:
        row("gone", "1 worker" if len(gone) == 1 else f"{len(gone)} workers", *_sums(gone))


def _sums(workers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for name in ("running", "done", "failed", "coins"):
        yield f"{sum(each[name] for each in workers):g} {name}"
