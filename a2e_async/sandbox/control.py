"""Control routes below /sandbox/, for tests that run in another process than the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from a2e_async.sandbox.clock import ScaledClock, VirtualClock
from a2e_async.sandbox.faults import Faults
from a2e_async.sandbox.replies import Reply, encode
from a2e_async.sandbox.request_json import read_json

if TYPE_CHECKING:
    from a2e_async.sandbox.app import App

__all__ = ["serve"]


def _json(data: Any, status: int = 200) -> Reply:
    return Reply(status, encode(data).encode())


def _ledger(app: App, _given: Any) -> Any:
    app.world.now()  # events that are due happen first
    return app.world.ledger.as_json()


def _get_faults(app: App, _given: Any) -> Any:
    return [attrs.asdict(rule) for rule in app.world.plan.rules]


def _put_faults(app: App, given: Any) -> Any:
    rules = given if isinstance(given, list) else [given]
    app.world.plan.replace([Faults.from_json(rule) for rule in rules if rule])
    return _get_faults(app, None)


def _script(app: App, given: Any) -> Any:
    for selector, kinds in given.items():
        app.world.plan.script(selector, kinds)
    return {selector: list(waiting) for selector, waiting in app.world.plan.scripts.items()}


def _get_clock(app: App, _given: Any) -> Any:
    return {"now": app.world.clock.now()}


def _post_clock(app: App, given: Any) -> Any:
    clock = app.world.clock
    if "advance" in given:
        if not isinstance(clock, VirtualClock):
            raise ValueError("advance: this clock runs by itself; it has a speed")
        clock.advance(float(given["advance"]))

    if "speed" in given:
        if not isinstance(clock, ScaledClock):
            raise ValueError("speed: this clock does not move by itself; advance it")
        clock.speed = float(given["speed"])

    return _get_clock(app, None)


def _coins(app: App, given: Any) -> Any:
    if given and "coins" in given:
        app.world.account.balance = int(given["coins"])
    return {"coins": app.world.account.balance}


def _reset(app: App, _given: Any) -> Any:
    app.reset()
    return {}


_ROUTES: dict[tuple[str, str], Callable[[App, Any], Any]] = {
    ("GET", "ledger"): _ledger,
    ("GET", "faults"): _get_faults,
    ("PUT", "faults"): _put_faults,
    ("POST", "script"): _script,
    ("GET", "clock"): _get_clock,
    ("POST", "clock"): _post_clock,
    ("GET", "coins"): _coins,
    ("PUT", "coins"): _coins,
    ("POST", "reset"): _reset,
}


async def serve(app: App, method: str, path: str, body: bytes) -> Reply:
    """Answer a control request. Its body and its answer are JSON."""
    handler = _ROUTES.get((method, path.removeprefix("/sandbox/")))
    if handler is None:
        routes = [f"{verb} /sandbox/{name}" for verb, name in _ROUTES]
        return _json({"message": f"no such control route; there are {', '.join(routes)}"}, 404)

    try:
        return _json(handler(app, read_json(body) if body else {}))
    except (ValueError, TypeError, AttributeError, KeyError) as problem:
        return _json({"message": str(problem)}, 400)
