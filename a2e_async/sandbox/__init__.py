"""A local A2E over real sockets, for tests, demos and benchmarks.

It needs ``pip install 'a2e-async[sandbox]'``. Every operation of the OpenAPI document works, over HTTP and
without an account. Inside a test it runs in a thread:

```python
clock = VirtualClock(auto=True)
async with Sandbox(clock=clock) as sandbox:
    async with A2E(token=sandbox.token, base_url=sandbox.url, clock=clock) as a2e:
        result = await a2e.image_to_video(image_url="https://e.com/cat.png", prompt="it waves").run()
    assert sandbox.ledger.made("image_to_video") == 1
```

For programs in other processes it runs by itself:

    python -m a2e_async.sandbox --port 8249 --speed 20 --faults status_429=0.05,reset_after=0.02

**Sandbox.** `Sandbox` is the server and the handle of a test. Its keywords set the port, the clock, the
coins, the prices and durations of tasks, the faults and more. ``url`` and ``token`` are for the client,
``file_url(size)`` is a file to download. ``ledger``, ``balance``, ``set_coins``, ``set_faults``, ``script``,
``reset`` and ``call(function of the world)`` work from any thread.

**Clocks.** A clock may be shared with the client, on asyncio and trio. `VirtualClock` does not move by
itself: ``advance(seconds)`` jumps, and ``await elapse(seconds)`` goes from deadline to deadline
(``run_for(seconds)`` does so from another thread). With ``auto=True`` it jumps to the next deadline whenever
nothing is happening, so hours pass in milliseconds. `ScaledClock(speed=20)` runs by itself, 20 times
faster than real time.

**Faults.** A `Faults` rule gives probabilities: ``Faults(operations="start", reset_after=0.1)``. A script
gives faults one by one: ``sandbox.script("image_to_video.start", "status_429:3", "late_504:20", "ok")``.

- Instead of the work: ``status_403``, ``status_404``, ``status_405``, ``status_429``, ``status_500``,
  ``status_502``, ``status_503``, ``status_504``, ``maintenance``, ``reset_before``, ``redirect``, ``html``,
  ``null_data``, and ``error_page`` for downloads. ``missing_route`` names routes that do not exist.
- After the work: ``reset_after``, ``status_500_after``, ``status_502_after``, ``status_504_after``,
  ``late_504``, ``truncated``, ``truncated_json``, and ``cut`` for uploads and downloads.
- Odd replies after the work: ``no_id``, ``data_is_id`` and ``id_elsewhere`` for starts, ``code_200``,
  ``empty_200``, ``duplicate``.
- Besides: ``latency``, ``jitter``, ``rate_limit``, ``late_visibility``, ``late_output``, ``task_fails``,
  ``task_vanishes``.

**Webhooks.** The ``webhook_url`` of a start is called once when its task ends, if it leads to this machine;
there it need not be https. `HookFaults` says what goes wrong: ``Sandbox(hook_faults=HookFaults(lost=0.3))``.

A selector names operations: ``image_to_video.start``, ``POST /api/v1/…``, a glob of either, or a role
(``start``, ``detail``, ``batch``, ``list``, ``delete``, ``upload``, ``download``, ``api``).

**Ledger.** `Ledger` is the server's own account of requests, replies, tasks, coins, uploads and faults:
``ledger.count(selector)``, ``ledger.made(workflow)``, ``ledger.coins(workflow)`` and more.

**Magic words.** These words, in any text or URL of a start, decide what becomes of the task:

- ``sandbox:sync`` completes in the reply to the start, ``sandbox:slow`` takes ten times as long and
  ``sandbox:forever`` never ends.
- ``sandbox:fail`` fails. ``sandbox:vanish`` disappears halfway.
- ``sandbox:nsfw`` is refused with a 200 without an id if the family does so, and fails otherwise.
  ``sandbox:nsfw-status`` ends in the status nsfw.
- ``sandbox:minor`` and ``sandbox:suspected-minor`` are refused with 403 and the codes 1003 and 1004 if the
  family checks for minors. ``sandbox:quota`` is refused with 403 for voices.

**Control routes.** A client in another process uses JSON over HTTP: GET /sandbox/ledger, GET and PUT
/sandbox/faults, POST /sandbox/script, GET and POST /sandbox/clock (``{"advance": seconds}`` or
``{"speed": number}``), GET and PUT /sandbox/coins, POST /sandbox/reset.

**pytest.** The fixture ``a2e_sandbox`` comes with the package; see `a2e_async.sandbox.pytest_plugin`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from a2e_async.sandbox.clock import ScaledClock, VirtualClock
    from a2e_async.sandbox.faults import Faults
    from a2e_async.sandbox.ledger import Ledger, TaskEntry
    from a2e_async.sandbox.server import Sandbox
    from a2e_async.sandbox.webhooks import HookCall, HookFaults

__all__ = [
    "Faults",
    "HookCall",
    "HookFaults",
    "Ledger",
    "Sandbox",
    "ScaledClock",
    "TaskEntry",
    "VirtualClock",
]

_HOMES = {
    "Faults": "faults",
    "HookCall": "webhooks",
    "HookFaults": "webhooks",
    "Ledger": "ledger",
    "Sandbox": "server",
    "ScaledClock": "clock",
    "TaskEntry": "ledger",
    "VirtualClock": "clock",
}


def __getattr__(name: str) -> Any:
    """Load a name when it is first used. pytest imports the plugin even if the extra is not installed."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    try:
        value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ModuleNotFoundError as missing:
        raise ImportError(f"{missing}; the sandbox needs: pip install 'a2e-async[sandbox]'") from missing

    globals()[name] = value
    return value
