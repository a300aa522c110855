"""What a process has used: CPU, memory, event-loop stalls. Standard library only."""

from __future__ import annotations

import asyncio
import gc
import resource
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")
TICK = 0.001
"""Seconds between two looks at the clock while stalls are watched."""


class Usage(NamedTuple):
    """A moment: CPU seconds, wall seconds, resident bytes, peak resident bytes since the last reset."""

    cpu: float
    wall: float
    rss: int
    peak: int


def usage(*, reset: bool = False) -> Usage:
    """Now. With `reset` garbage is collected and the peak starts from here."""
    if reset:
        gc.collect()
        CLEAR.write_text("5")
    fields = dict(line.split(":", 1) for line in STATUS.read_text().splitlines() if line.startswith("Vm"))
    rss, peak = (int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Usage(used.ru_utime + used.ru_stime, time.monotonic(), rss, peak)


def spent(before: Usage, after: Usage) -> dict[str, float]:
    """What happened between two moments, for the results."""
    return {
        "cpu": after.cpu - before.cpu,
        "wall": after.wall - before.wall,
        "growth": after.peak - before.rss,
        "peak": after.peak,
    }


class Stalls:
    """How long the event loop was held at most, in seconds."""

    longest = 0.0


@asynccontextmanager
async def watch_stalls() -> AsyncIterator[Stalls]:
    """Look at the clock every millisecond while the block runs."""
    stalls = Stalls()

    async def look() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(TICK)
            now = time.perf_counter()
            stalls.longest = max(stalls.longest, now - last - TICK)
            last = now

    looker = asyncio.create_task(look())
    await asyncio.sleep(0)
    try:
        yield stalls
    finally:
        # One more look, so that a stall at the very end is seen.
        await asyncio.sleep(2 * TICK)
        looker.cancel()
