"""A start as the others see it: the job that is started, its outcome, and who follows its steps."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

import anyio
import attrs

from a2e_async._spec.operation import Call
from a2e_async.hooks import HookSlot
from a2e_async.markers import NameField
from a2e_async.records import JSONObject

__all__ = ["Startable", "Started", "Watch", "note_refused", "shielded", "shielding"]


class Startable(Protocol):
    """The part of a Job that `Starter` uses."""

    @property
    @abstractmethod
    def family(self) -> str:
        """The name of the job's workflow."""

    @property
    @abstractmethod
    def takes_name(self) -> bool:
        """Whether the start takes a name, so that it can carry a marker."""

    @property
    @abstractmethod
    def name_field(self) -> NameField | None:
        """The limits of that name; None if it is not declared."""

    @property
    @abstractmethod
    def takes_webhook(self) -> bool:
        """Whether the start takes the address of a webhook and was given none."""


@attrs.frozen
class Started:
    """A successful start.

    Attributes:
        call: the request that was sent, with the marker.
        records: the JSON of the tasks that it made.
        slot: receives the service's calls about them; None without webhooks.
    """

    call: Call
    records: Sequence[JSONObject]
    slot: HookSlot | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen
class Watch:
    """Callbacks that record the progress of a start, for example in a journal.

    Unless it says otherwise, cancellation does not interrupt a watched start while its request is under way,
    so that every task that was paid for is recorded.

    Attributes:
        accepted: called with the tasks' records, before anything else is done with them.
        turn: waits for a turn before each time the request is sent. Cancellation interrupts it.
        sending: called before each time the request is sent, with the marker or None. If it raises, the
            start ends; it is then certain that no earlier request has made a task.
        searching: called when the outcome is unknown and the task is searched for, with the error; None for
            a start of an earlier process.
        refused: called when a request has provably made no task. It may be sent again later.
        shields: the scopes that keep cancellation off. A caller that must end the start all the same lowers
            them, after `StartPolicy.grace` for example. None: the starter does this itself.
        interruptible: whether cancellation may interrupt the request all the same.
        awaited: whether the caller waits for the task as soon as it is accepted.
        ready: called right before the first byte of each request leaves, when the connection is made, and
            before its body does. If it raises, no start can come of it, and it ends with that error.
        known: says which of some tasks belong to other jobs, so that a search leaves them out.
        guarded: whether ``sending`` waits while a look-alike without a marker has no known outcome, so that a
            search for such a start need not wait for those that have not passed it.
        patient: whether a start that could not be delivered is sent again. A bulk run does that itself, for
            all its jobs together.
    """

    accepted: Callable[[Sequence[JSONObject]], Awaitable[None]]
    sending: Callable[[str | None], Awaitable[None]] | None = None
    searching: Callable[[Exception | None], None] | None = attrs.field(default=None, kw_only=True)
    refused: Callable[[], Awaitable[None]] | None = None
    shields: set[anyio.CancelScope] | None = None
    interruptible: bool = False
    awaited: bool = attrs.field(default=False, kw_only=True)
    turn: Callable[[], Awaitable[None]] | None = attrs.field(default=None, kw_only=True)
    ready: Callable[[], None] | None = attrs.field(default=None, kw_only=True)
    known: Callable[[Collection[str]], Awaitable[Collection[str]]] | None = attrs.field(
        default=None, kw_only=True
    )
    guarded: bool = attrs.field(default=False, kw_only=True)
    patient: bool = True


async def note_refused(watch: Watch | None) -> None:
    """Record that the last request has made no task."""
    if watch and watch.refused:
        with shielded(watch):
            await watch.refused()


def shielded(watch: Watch | None) -> AbstractContextManager[None]:
    """Keep cancellation off a watched start."""
    if watch is None or watch.interruptible or watch.shields is None:
        return nullcontext()
    return shielding(watch.shields)


@contextmanager
def shielding(shields: set[anyio.CancelScope]) -> Iterator[None]:
    """Keep cancellation off the block, until somebody lowers the shield that it adds."""
    with anyio.CancelScope(shield=True) as scope:
        shields.add(scope)
        try:
            yield
        finally:
            shields.discard(scope)
