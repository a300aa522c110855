"""What a journal holds, as a look into it shows. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from a2e_async._journal.uncertain import UncertainStart

__all__ = ["Look", "WorkerLook"]


@attrs.frozen
class WorkerLook:
    """What one worker of a shared journal has done.

    Attributes:
        name: the machine, the process and a number.
        seen: seconds since its last sign of life; None if it has left or died.
        states: the number of entries in each state that it has worked on last.
        coins: the coins that these have cost.
    """

    name: str
    seen: float | None
    states: Mapping[str, int]
    coins: float


@attrs.frozen
class Look:
    """What a journal holds.

    Attributes:
        states: the number of entries in each state.
        coins: the coins charged so far.
        uncertain: the starts whose outcome is not known. While a run goes on, those under way are among them.
        damaged: the keys of entries that cannot be read.
        running: a run is using the journal.
        workers: those that use a shared journal.
        started: starts in the last minute, in a shared journal.
    """

    states: Mapping[str, int]
    coins: float
    uncertain: Sequence[UncertainStart]
    damaged: Sequence[str]
    running: bool
    workers: Sequence[WorkerLook] = ()
    started: int = 0
