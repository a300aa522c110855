"""The operations of a workflow, by what they are for. No I/O."""

from __future__ import annotations

from typing import Any

import attrs

from a2e_async._spec.operation import Operation

__all__ = ["Routes"]


@attrs.frozen
class Routes:
    """The operations of a workflow.

    Attributes:
        start: starts tasks.
        get: reads one task, by an id in the path or in the query.
        batch_detail: reads many tasks.
        list: lists tasks, newest first.
        delete: deletes a task.
        outputs: the fields of a task record that hold the URLs of its files: names on the wire, in order of
            preference. A dot leads into a nested object. Empty if nothing is known about the family.
        makes_file: whether a completed task has a file. The training of a voice has none.
    """

    start: Operation[Any]
    get: Operation[Any] | None = None
    batch_detail: Operation[Any] | None = None
    list: Operation[Any] | None = None
    delete: Operation[Any] | None = None
    outputs: tuple[str, ...] = ()
    makes_file: bool = True

    @property
    def readable(self) -> bool:
        """Whether any route reports on tasks."""
        return bool(self.get or self.batch_detail or self.list)
