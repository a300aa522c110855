"""Calls of the service about tasks, and who waits for them.

A `HookSlot` belongs to one start. It is made before the start is sent, so that no call comes too early, and
it lives as long as its Task. A bus finds the slot of a call by the marker in the call's address.
"""

from __future__ import annotations

import re
import threading
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol
from weakref import WeakValueDictionary

import anyio
import attrs

from a2e_async.event_loops import caller_of_this_loop
from a2e_async.records import JSONObject, task_id_of, task_status_of

__all__ = [
    "LONGEST_MARKER",
    "HookBus",
    "HookSlot",
    "LocalBus",
    "StartHooks",
    "TaskHook",
    "ends_address",
    "or_called",
    "records_called",
]


LONGEST_MARKER = 128
_CALLS_KEPT = 16  # of one start: one start may make several tasks, each with a call of its own
_CHANGING = threading.Lock()  # held for a moment, whenever a slot changes
_IN_ADDRESS = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST_MARKER}}}")


def ends_address(marker: str) -> bool:
    """Whether the address of a webhook can end in a marker as it is."""
    return _IN_ADDRESS.fullmatch(marker) is not None


@attrs.frozen
class TaskHook:
    """A verified call of the service about the tasks of one start.

    Attributes:
        marker: the marker of the start; it ends the address of the call.
        event: the kind of the call, such as ``task.completed``; None if the body does not say.
        records: the tasks' JSON, as far as the body contains it.
        body: the decoded body; None if it was not JSON, or too large.
    """

    marker: str
    event: str | None = None
    records: Sequence[JSONObject] = ()
    body: Any = attrs.field(default=None, repr=False)

    @property
    def task_id(self) -> str | None:
        """The id of the first task in the body, None if it contains none."""
        return task_id_of(self.records[0]) if self.records else None

    def to_dict(self) -> dict[str, Any]:
        """Return the call as JSON has it, without its body, for a bus that passes it on."""
        return {"marker": self.marker, "event": self.event, "records": list(self.records)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> TaskHook:
        """Make a call of what `to_dict` returned. The marker alone is enough to end a wait."""
        return cls(plain["marker"], plain.get("event"), tuple(plain.get("records", ())))

    def final_records(self, ids: Sequence[str]) -> Mapping[str, JSONObject]:
        """The records of these tasks, with the event as their status if they show none.

        A body without records is about all tasks of the start.
        """
        status = (self.event or "").rpartition(".")[2]
        by_id = {str(task_id_of(record)): record for record in self.records}
        named = {task_id: by_id[task_id] for task_id in ids if task_id in by_id}
        if not by_id and status:
            named = {task_id: {"_id": task_id} for task_id in ids}
        return {
            task_id: record if task_status_of(record) or not status else {**record, "status": status}
            for task_id, record in named.items()
        }


class HookSlot:
    """Receives the calls for one start.

    Args:
        marker: the marker of the start.

    Attributes:
        calls: the newest calls that differ, oldest first.
    """

    __slots__ = ("__weakref__", "_listeners", "calls", "marker")

    def __init__(self, marker: str) -> None:
        self.marker = marker
        self.calls: tuple[TaskHook, ...] = ()
        self._listeners: tuple[Callable[[TaskHook], object], ...] = ()

    @property
    def records(self) -> Sequence[JSONObject]:
        """The tasks' JSON in these calls, the newest of each task."""
        return list({task_id_of(record): record for hook in self.calls for record in hook.records}.values())

    def deliver(self, hook: TaskHook) -> None:
        """Keep a call and tell the listeners. May be called in any thread."""
        with _CHANGING:
            if hook not in self.calls:
                self.calls = (*self.calls[1 - _CALLS_KEPT :], hook)
            listeners = self._listeners
        for listener in listeners:
            listener(hook)

    def listen(self, listener: Callable[[TaskHook], object]) -> None:
        """Call the listener with each call from now on, in the thread that received it."""
        with _CHANGING:
            self._listeners = (*self._listeners, listener)

    def unlisten(self, listener: Callable[[TaskHook], object]) -> None:
        """Undo `listen`."""
        with _CHANGING:
            self._listeners = tuple(other for other in self._listeners if other is not listener)


class HookBus(Protocol):
    """Brings a call to the process that waits for it: `Webhooks(bus=...)` takes one.

    Several processes need one that connects them, over PostgreSQL's NOTIFY or Redis for example. It sends
    `TaskHook.to_dict` of what is published to all of them, and each hands what it receives to a `LocalBus`
    of its own. A message that is lost or late costs time only: the tasks are polled all the same.

    Example:
        ```python
        class RedisBus(LocalBus):
            def __init__(self, redis):
                super().__init__()
                self.redis = redis

            async def publish(self, hook):
                await self.redis.publish("a2e", json.dumps(hook.to_dict()))

            async def listen(self):  # in every process, for as long as it runs
                async with self.redis.pubsub() as channel:
                    await channel.subscribe("a2e")
                    async for message in channel.listen():
                        if message["type"] == "message":
                            self.deliver(TaskHook.from_dict(json.loads(message["data"])))
        ```
    """

    @abstractmethod
    async def publish(self, hook: TaskHook) -> None:
        """Pass a call on. The same call may come more than once, or when no wait is left."""

    @abstractmethod
    def slot(self, marker: str) -> HookSlot:
        """Return the slot of a start. It receives calls for as long as the caller keeps it."""


class LocalBus:
    """The bus of a single process: its receiver and its waiters may run in different threads."""

    def __init__(self) -> None:
        self._slots: WeakValueDictionary[str, HookSlot] = WeakValueDictionary()
        self._lock = threading.Lock()

    async def publish(self, hook: TaskHook) -> None:
        """Deliver a call to its slot, if somebody keeps it."""
        self.deliver(hook)

    def deliver(self, hook: TaskHook) -> None:
        """As `publish`, for a bus that receives calls from elsewhere."""
        with self._lock:
            slot = self._slots.get(hook.marker)
        if slot is not None:
            slot.deliver(hook)

    def slot(self, marker: str) -> HookSlot:
        """Return the slot of a start; the same one while anybody keeps it."""
        with self._lock:
            slot = self._slots.get(marker)
            if slot is None:
                slot = self._slots[marker] = HookSlot(marker)
            return slot


class StartHooks(Protocol):
    """The part of `Webhooks` that starts and waiters use."""

    confirm: bool
    bus: HookBus

    @abstractmethod
    def address(self, marker: str) -> str:
        """The ``webhook_url`` of a start."""

    @abstractmethod
    def token(self, marker: str) -> str:
        """The ``webhook_token`` of a start."""


async def or_called(
    slot: HookSlot | None, search: Callable[[], Awaitable[Sequence[JSONObject] | None]], *, expected: int = 1
) -> Sequence[JSONObject] | None:
    """Search for the tasks of a start until calls name them.

    Args:
        slot: receives the calls about the start; None if there will be none.
        search: may be cancelled.
        expected: the number of tasks that the start asked for. Fewer that are named do not end the search.

    Returns:
        What the search returns, or the tasks' JSON from the calls if these show more.
    """
    if slot is None:
        return await search()

    call_here = caller_of_this_loop()
    found: Sequence[JSONObject] | None = ()
    with anyio.CancelScope() as scope:

        def on_call(hook: TaskHook) -> None:
            if len(slot.records) >= expected:
                call_here(scope.cancel)

        slot.listen(on_call)
        try:
            if len(slot.records) < expected:
                found = await search()
        finally:
            slot.unlisten(on_call)

    called = slot.records
    return called if len(called) > len(found or ()) else found


async def records_called(
    slot: HookSlot, ids: Sequence[str], ended: Callable[[JSONObject], bool]
) -> Mapping[str, JSONObject]:
    """Wait for calls that contain the last records of tasks which cannot be asked for.

    Args:
        slot: receives the calls.
        ids: the tasks.
        ended: says whether a record is that of a task that has ended.
    """
    call_here = caller_of_this_loop()
    found: dict[str, JSONObject] = {}
    complete = anyio.Event()

    def on_call(hook: TaskHook) -> None:
        records = hook.final_records(ids)
        found.update({task_id: record for task_id, record in records.items() if ended(record)})
        if len(found) == len(ids):
            call_here(complete.set)

    slot.listen(on_call)
    try:
        for call in slot.calls:
            on_call(call)
        if len(found) < len(ids):
            await complete.wait()
        return found
    finally:
        slot.unlisten(on_call)
