"""A local A2E over real sockets: for tests, demos and benchmarks. Needs ``pip install 'a2e-async[sandbox]'``.

    python -m a2e_async.sandbox --port 8249 --speed 20 --faults status_429=0.05,reset_after=0.02

```python
clock = VirtualClock(auto=True)
async with Sandbox(clock=clock) as sandbox:
    async with A2E(token=sandbox.token, base_url=sandbox.url, clock=clock) as a2e:
        result = await a2e.image_to_video(image_url="https://e.com/cat.png", prompt="it waves").run()
    assert sandbox.ledger.made("image_to_video") == 1
```

**Sandbox** plays every operation of the OpenAPI document, each family in its own shape. Keywords: port,
separate_files, clock, faults, token, document, prefix, epoch, seed, durations, prices, coins,
presign_price, result_ttl, odd_files, voice_quota, max_upload. ``url``, ``token``, ``origin``,
``file_url(size)``; ``ledger``, ``balance``, ``set_coins``, ``set_faults``, ``script``, ``reset``,
``call(function of the World)``: from any thread.

**Clocks**. `VirtualClock` stands still: ``advance(s)`` jumps; ``await elapse(s)`` (or ``run_for(s)`` in
another thread) goes from deadline to deadline; ``auto=True`` jumps to the next deadline whenever
nothing happens (``grace`` real seconds of silence; ``step`` lumps deadlines together).
`ScaledClock(speed=20)` runs by itself. Both are clocks for the client too, on asyncio and trio.

**Faults** are probabilities per request, per task, or scripts: ``Faults(operations="start",
reset_after=0.1)``, ``sandbox.script("image_to_video.start", "status_429:3", "late_504:20", "ok")``.
Before the work: status_403, _429, _500, _502, _503, _504, reset_before, html, null_data. After it:
reset_after, status_500_after, _502_after, _504_after, late_504, truncated, truncated_json, cut (files).
Besides: latency, jitter, late_visibility, task_fails, task_vanishes. Selectors:
``image_to_video.start``, ``POST /api/v1/…``, globs, roles (start, detail, batch, list, delete, upload,
download, api).

**Ledger**: requests, statuses, starts, tasks, charged, refunded, batches, presigns, uploads, bytes,
faults; ``count(selector)``, ``made(workflow)``, ``names(workflow)``, ``coins(workflow)``,
``lateness(workflow)``.

**Magic words** in any text or URL of a start: ``sandbox:fail`` (fails), ``sandbox:vanish`` (is gone
halfway), ``sandbox:slow``, ``sandbox:forever``, ``sandbox:sync`` (completed in the start's reply),
``sandbox:nsfw`` (200 without an id where the family does so, else it fails), ``sandbox:nsfw-status``
(ends in status nsfw), ``sandbox:minor`` and ``sandbox:suspected-minor`` (403 with 1003 and 1004 where
the family checks), ``sandbox:quota`` (voices: 403).

**Control routes**, JSON, for a client in another process: GET /sandbox/ledger, GET PUT /sandbox/faults,
POST /sandbox/script, GET POST /sandbox/clock ``{"advance": s}`` or ``{"speed": n}``, GET PUT
/sandbox/coins, POST /sandbox/reset.

**pytest**: the fixture ``a2e_sandbox`` comes with the package; see `a2e_async.sandbox.pytest_plugin`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from a2e_async.sandbox.clock import ScaledClock, VirtualClock
    from a2e_async.sandbox.faults import Faults
    from a2e_async.sandbox.ledger import Ledger, TaskEntry
    from a2e_async.sandbox.server import Sandbox

__all__ = ["Faults", "Ledger", "Sandbox", "ScaledClock", "TaskEntry", "VirtualClock"]

_HOMES = {
    "Faults": "faults",
    "Ledger": "ledger",
    "Sandbox": "server",
    "ScaledClock": "clock",
    "TaskEntry": "ledger",
    "VirtualClock": "clock",
}


def __getattr__(name: str) -> Any:
    """Load a name when it is first used: the pytest plugin is imported where the extra is not installed."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ModuleNotFoundError as missing:
        raise ImportError(f"{missing}; the sandbox needs: pip install 'a2e-async[sandbox]'") from missing
    globals()[name] = value
    return value
