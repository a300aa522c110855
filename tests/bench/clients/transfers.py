"""Moves one file up or down and measures the process that does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, NamedTuple

from harness import control
from measure import spent, usage, watch_stalls

SMALL = 1_000_000
"""Bytes of the file that is moved first, to load what a client loads late."""


class Transfer(NamedTuple):
    """What to move.

    source: the file to upload; beside it, with ``.small`` at the end, the one that warms up.
    folder: an existing folder for downloads.
    size: bytes.
    """

    base: str
    source: str
    folder: str
    size: int


Move = Callable[[Path], Awaitable[None]]
Moves = AsyncIterator[Move]
Session = Callable[[str], AbstractAsyncContextManager[Move]]


async def run_transfer(session: Session, mode: str, spec: Transfer) -> dict[str, Any]:
    """Upload `source`, or download a file of `size` to a path in `folder`."""
    up = mode == "uploads"
    source, target = Path(spec.source), Path(spec.folder) / "fetched.bin"
    for size, path in (
        (SMALL, source.with_suffix(".small") if up else target),
        (spec.size, source if up else target),
    ):
        control(spec.base, "/_bench/begin", {"result_size": size})
        async with session(spec.base) as move:
            before = usage(reset=True)
            async with watch_stalls() as stalls:
                await move(path)
            after = usage()
        ledger = control(spec.base, "/_bench/ledger")
        moved = ledger["received"] if up else sum(file.stat().st_size for file in target.parent.iterdir())
        if moved < size:
            raise RuntimeError(f"{moved} of {size} bytes arrived")
        if not up:
            for file in target.parent.iterdir():
                file.unlink()
    return {
        **spent(before, after),
        "stall": stalls.longest,
        "requests": sum(ledger["requests"].values()),
        "size": spec.size,
    }
