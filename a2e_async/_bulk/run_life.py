"""The life of a bulk run: opened, ended, left, closed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import anyio
import attrs

from a2e_async._bulk.run_state import RunState
from a2e_async.clock import Clock
from a2e_async.event_loops import call_in_loop

__all__ = ["RunLife"]

logger = logging.getLogger("a2e_async")

_NAMED = 5  # starts that a message names


@attrs.define(eq=False)
class RunLife:
    """The parts of a run that exist from its `async with` on.

    Attributes:
        loop: the event loop that it belongs to.
        call: calls a function soon in that loop, from any thread; see `caller_of_this_loop`.
        clock: the client's clock.
        grace: seconds for which starts under way go on after the block was left.
        on_left: called once in the run's own loop, when the block was left.
        scope: everything that is done for the run; cancelled when the block is left.
        reading: the scope in which jobs are read; it is cancelled when the run stops.
        state: the state that the jobs share; None until the journal is open.
        failure: an error that ended the run and that no job has caused.
        opened: set when the run is ready, or cannot be opened.
        ended: set when no job is running any more.
        is_left: whether the block was left, as any thread may ask.
        left: set in the run's own loop when the block was left.
        closed: set when nothing of the run is left.
    """

    loop: Any
    call: Callable[[Callable[[], object]], bool]
    clock: Clock
    grace: float
    on_left: Callable[[], None]
    scope: anyio.CancelScope = attrs.field(factory=anyio.CancelScope)
    reading: anyio.CancelScope = attrs.field(factory=anyio.CancelScope)
    state: RunState | None = None
    failure: BaseException | None = None
    is_left: bool = False
    opened: anyio.Event = attrs.field(factory=anyio.Event)
    ended: anyio.Event = attrs.field(factory=anyio.Event)
    left: anyio.Event = attrs.field(factory=anyio.Event)
    closed: anyio.Event = attrs.field(factory=anyio.Event)

    async def leave(self, error: BaseException | None = None) -> None:
        """Leave the run, and wait until nothing of it is left.

        Args:
            error: what the block was left by. It gets a note if starts had to be cut off.
        """
        # A start whose request has been sent may already have cost coins, so it must not be cut off before
        # its answer is written to the journal. Starts therefore run in shielded scopes: cancelling the run
        # ends everything else, and `ended` is set once the last start is settled. The wait for it is
        # shielded as well, because the block may have been left by a cancellation. It ends after the grace
        # time, because an answer may never come.
        #
        # A second Ctrl-C is raised in that wait, or while the cancellation that the first one has become is
        # on its way here. It means "now". In all these cases the shields are taken off, so that the pending
        # cancellation reaches the starts too. Their entries stay "starting", and the next run searches for
        # their tasks.
        self._cancel()
        if _is_second_interrupt(error):
            self._take_shields_off()
        try:
            with anyio.CancelScope(shield=True):
                with self.clock.move_on_after(self.grace) as patience:
                    await self.ended.wait()
                if patience.cancelled_caught:
                    self._take_shields_off()
                await self.closed.wait()

        except BaseException as interrupt:
            error = interrupt
            self._take_shields_off()
            with anyio.CancelScope(shield=True):
                await self.closed.wait()
            raise
        finally:
            self._tell_unanswered(error)

    def leave_from_elsewhere(self) -> bool:
        """Leave the run from another event loop, where its end cannot be waited for.

        Returns:
            False if its loop was closed under it, so that nothing of it runs any more.
        """
        self.is_left = True
        if call_in_loop(self.loop, self._cancel):
            return True
        if self.state is not None and self.state.journal is not None:
            self.state.journal.close_now()
        return False

    def _cancel(self) -> None:
        """Cancel everything but the starts under way. The run closes itself when these are settled."""
        self.is_left = True
        if not self.left.is_set():
            self.left.set()
            self.on_left()
        self.scope.cancel()

    def _take_shields_off(self) -> None:
        for scope in tuple(self.state.shields) if self.state else ():
            scope.shield = False

    def _tell_unanswered(self, error: BaseException | None) -> None:
        """Say which starts were cut off: in the log, and in the notes of the error."""
        note = _unanswered(self.state) if self.state else ""
        if note:
            logger.warning("bulk run: %s", note)
            if error is not None:
                error.add_note(f"bulk run: {note}")


def _is_second_interrupt(error: BaseException | None) -> bool:
    cancelled = anyio.get_cancelled_exc_class()
    return isinstance(error, KeyboardInterrupt) and isinstance(error.__context__, cancelled)


def _unanswered(state: RunState) -> str:
    """Say which starts were sent and not answered, and what to do; empty if there are none."""
    entries = list(state.unanswered.values())
    if not entries:
        return ""

    names = [repr(entry.key or entry.marker or entry.workflow) for entry in entries[:_NAMED]]
    more = f" and {len(entries) - _NAMED} more" if len(entries) > _NAMED else ""
    what = (
        f"{len(entries)} starts were sent and not answered, and may have made tasks: {', '.join(names)}{more}"
    )
    if state.journal is not None:
        return f"{what}; the next run with the journal {state.journal.name} searches for them"
    return f"{what}; look for them in the lists of their workflows before starting again"
