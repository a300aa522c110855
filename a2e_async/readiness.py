"""Waiting for what is answered with 202 until it is there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeVar

from a2e_async.errors import NotReady, WaitTimeout
from a2e_async.jobs import Result, Task, check_timeout
from a2e_async.operations import Call
from a2e_async.records import TaskRecord

__all__ = ["finished"]

RecordT = TypeVar("RecordT", bound=TaskRecord)

_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 20.0  # seconds between two looks


async def finished(task: Task[RecordT], call: Call, timeout: float | None) -> Result[RecordT]:
    """What a read gives that is answered with 202 until it has something to give.

    Args:
        task: the task that it belongs to.
        call: the read.
        timeout: seconds to wait until it is ready; None: not at all.

    Raises:
        NotReady: it is not, and no timeout was given.
        WaitTimeout: nor was it when the timeout had passed.
    """
    if timeout is not None:
        check_timeout(timeout)
    runtime = task.workflow.client.runtime
    clock = runtime.policies.clock
    began = clock.now()
    pause = _FIRST_PAUSE
    with clock.move_on_after(math.inf if timeout is None else timeout):
        async with runtime.http.open():
            while True:
                try:
                    data = await runtime.transport.send(call, repeatable=True)
                except NotReady:
                    if timeout is None:
                        raise
                else:
                    raw = {"_id": task.id, **(data if isinstance(data, Mapping) else {"result": data})}
                    record = task.workflow.decode(raw)
                    return Result(task=task, records=(record,), elapsed=clock.now() - began)
                await clock.sleep(pause)
                pause = min(pause * 1.5, _LONGEST_PAUSE)
    raise WaitTimeout(f"{call.method} {call.path} is not ready after {timeout:g} s; ask again", task=task)
