"""Calls to the webhooks of starts: one attempt each, with the token in a header, and with faults."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import math
import random
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import attrs

from a2e_async.sandbox.clock import SandboxClock
from a2e_async.sandbox.replies import encode

if TYPE_CHECKING:
    from a2e_async.sandbox.tasks import Task

__all__ = ["HookCall", "HookFaults", "HookSender", "is_on_this_machine"]

LOG = logging.getLogger("a2e_async.sandbox")
_HEADER = "X-A2e-Webhook-Token"
_TIMEOUT = 10.0  # real seconds


def _probability(_instance: object, attribute: attrs.Attribute[float], value: float) -> None:
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{attribute.name}: {value!r} is not a probability from 0 to 1")


def _seconds(_instance: object, attribute: attrs.Attribute[float], value: float) -> None:
    if not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"{attribute.name}: {value!r} is not a number of seconds, 0 or more")


def _p() -> float:
    return attrs.field(default=0.0, validator=_probability)


@attrs.frozen(kw_only=True)
class HookFaults:
    """What goes wrong with calls to webhooks. All but `late_by` and `delay` are probabilities from 0 to 1.

    Attributes:
        lost: no call is made.
        late: the call is made up to `late_by` seconds later.
        late_by: seconds.
        twice: the call is made twice.
        early: the call is made before the start is answered. The task has ended by then.
        wrong_token: the call has another token, and then comes no more.
        other_body: the body is not the one that is expected: empty, a text, or without the task.
        delay: seconds that every call takes to arrive, as on a slow line.
    """

    lost: float = _p()
    late: float = _p()
    late_by: float = attrs.field(default=30.0, validator=_seconds)
    twice: float = _p()
    early: float = _p()
    wrong_token: float = _p()
    other_body: float = _p()
    delay: float = attrs.field(default=0.0, validator=_seconds)


@attrs.frozen
class HookCall:
    """One call, for the ledger.

    Attributes:
        task_id: the task that it was about.
        url: the address that was called.
        status: the receiver's HTTP status; 0 if there was no answer.
        at: when it was answered, in seconds of the clock.
    """

    task_id: str
    url: str
    status: int
    at: float


class HookSender:
    """Makes the calls of one world, in the server's event loop.

    Only receivers on this machine are called: a sandbox sends nothing anywhere else.

    Args:
        clock: the sandbox's clock.
        faults: what goes wrong.
        seed: decides what is drawn at random.

    Attributes:
        calls: the calls that were made.
    """

    def __init__(self, clock: SandboxClock, faults: HookFaults, seed: int) -> None:
        self.faults = faults
        self.calls: list[HookCall] = []
        self._clock = clock
        self._random = random.Random(seed)
        self._tasks: set[asyncio.Task[None]] = set()

    def is_early(self) -> bool:
        """Draw whether a start ends its task at once and is called about before it is answered."""
        return self._draw(self.faults.early)

    def plan(self, task: Task) -> None:
        """Call the task's webhook when it ends. Nothing happens for a task without one."""
        if "webhook_url" not in task.body or self._draw(self.faults.lost):
            return
        if task.done_at == math.inf:
            return
        late = self._random.uniform(0.0, self.faults.late_by) if self._draw(self.faults.late) else 0.0
        work = self._call_at(task, task.done_at + late + self.faults.delay)
        running = asyncio.get_running_loop().create_task(work)
        self._tasks.add(running)
        running.add_done_callback(self._tasks.discard)

    async def _call_at(self, task: Task, due: float) -> None:
        while (left := due - self._clock.now()) > 0:
            await self._clock.sleep(left)
        await self.call(task)

    async def call(self, task: Task) -> None:
        """Call the task's webhook now."""
        url = str(task.body.get("webhook_url") or "")
        if not is_on_this_machine(url):
            LOG.warning("a webhook outside this machine is not called")
            return

        token = str(task.body.get("webhook_token", ""))
        if self._draw(self.faults.wrong_token):
            token = f"not-{token}"
        body = self._odd_body() if self._draw(self.faults.other_body) else encode(self._body(task)).encode()

        for _ in range(2 if self._draw(self.faults.twice) else 1):
            self._clock.enter()  # an automatic clock must not jump while the call is under way
            try:
                status = await self._post(url, token, body)
            finally:
                self._clock.leave()
            self.calls.append(HookCall(task.id, url, status, self._clock.now()))

    async def _post(self, url: str, token: str, body: bytes) -> int:
        import httpx  # takes long, and few sandboxes call

        headers = {"content-type": "application/json", **({_HEADER: token} if token else {})}
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False, verify=False) as client:  # noqa: S501
                response = await client.post(url, content=body, headers=headers)
        except httpx.HTTPError as error:
            LOG.info("webhook: %s", type(error).__name__)
            return 0
        return response.status_code

    def _body(self, task: Task) -> dict[str, Any]:
        # The document describes no body. This one has the two events that it names, and the record.
        now = self._clock.now()
        event = "task.completed" if task.succeeded else "task.failed"
        return {"event": event, "data": task.record(max(now, task.done_at))}

    def _odd_body(self) -> bytes:
        return self._random.choice([b"", b"ok", b"{}", b'{"event":"task.completed"}', b"[1,2]", b"\xff\xfe"])

    def _draw(self, chance: float) -> bool:
        return chance > 0 and self._random.random() < chance

    def close(self) -> None:
        """Make no more calls."""
        for task in self._tasks:
            task.cancel()


def is_on_this_machine(url: str) -> bool:
    """Whether a URL leads to this machine."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
