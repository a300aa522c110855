"""The server's own account of what happened, which tests and benchmarks compare with the client's."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from typing import Any

import attrs

from a2e_async.sandbox.fault_plan import matches

__all__ = ["Ledger", "TaskEntry"]


@attrs.define
class TaskEntry:
    """One task that was made. Times are seconds of the sandbox's clock.

    Attributes:
        id: the task's id.
        workflow: the workflow that made it.
        name: the name that its start gave it.
        coins: its price.
        created_at: when it was made.
        done_at: when it ends.
        outcome: how it ends: completed, failed, …. This is decided at the start, long before it ends.
        seen_at: when a reply first showed that it has ended; None until then.
        refunded: coins given back.
    """

    id: str
    workflow: str
    name: str
    coins: int
    created_at: float
    done_at: float
    outcome: str
    seen_at: float | None = None
    refunded: int = 0

    def copy(self) -> TaskEntry:
        """Copy the entry. Written out, because `copy.copy` is too slow for thousands of entries."""
        return TaskEntry(
            self.id,
            self.workflow,
            self.name,
            self.coins,
            self.created_at,
            self.done_at,
            self.outcome,
            self.seen_at,
            self.refunded,
        )

    @property
    def lateness(self) -> float | None:
        """Seconds between the task's end and the first reply that showed it; None before that reply."""
        return None if self.seen_at is None else self.seen_at - self.done_at


@attrs.define
class Ledger:
    """The account of one sandbox since its start or its last reset.

    Attributes:
        requests: operation key (``POST /api/v1/userImage2Video/start``) -> requests that arrived, answered
            or not. ``upload`` and ``download`` are keys too; ``unknown`` counts requests without a route.
        statuses: HTTP status -> replies sent. 0 counts connections that were reset instead.
        starts: workflow -> start requests that were carried out.
        tasks: every task that was made, in order.
        charged: workflow -> coins taken. Presigned URLs are charged as ``storage``.
        refunded: workflow -> coins given back.
        batches: workflow -> the number of ids in each batchDetail request.
        presigns: key as the client asked for it -> presigned URLs issued.
        uploads: SHA-256 of the content -> PUTs that were stored.
        bytes_uploaded: bytes that arrived in the file store.
        bytes_downloaded: bytes that left the file store.
        faults: kind -> how often it was played.
        operations: operation key -> (role, name), for `count`.
    """

    requests: Counter[str] = attrs.field(factory=Counter)
    statuses: Counter[int] = attrs.field(factory=Counter)
    starts: Counter[str] = attrs.field(factory=Counter)
    tasks: list[TaskEntry] = attrs.field(factory=list)
    charged: Counter[str] = attrs.field(factory=Counter)
    refunded: Counter[str] = attrs.field(factory=Counter)
    batches: dict[str, list[int]] = attrs.field(factory=dict)
    presigns: Counter[str] = attrs.field(factory=Counter)
    uploads: Counter[str] = attrs.field(factory=Counter)
    bytes_uploaded: int = 0
    bytes_downloaded: int = 0
    faults: Counter[str] = attrs.field(factory=Counter)
    operations: dict[str, tuple[str, str]] = attrs.field(factory=dict, repr=False)

    def count(self, selector: str) -> int:
        """The number of requests that a selector matches.

        Args:
            selector: an operation's key, its name (``image_to_video.start``), a glob of either, or a role.
        """
        return sum(
            number
            for key, number in self.requests.items()
            if matches(selector, *self.operations.get(key, (key, key)), key)
        )

    def made(self, workflow: str | None = None) -> int:
        """The number of tasks made by one workflow, or by all."""
        return sum(1 for _ in self.of(workflow))

    def of(self, workflow: str | None = None) -> Iterator[TaskEntry]:
        """The tasks of one workflow, or of all."""
        return (task for task in self.tasks if workflow is None or task.workflow == workflow)

    def names(self, workflow: str | None = None) -> Counter[str]:
        """Name -> tasks with that name. Above 1, a task was paid for twice or its start asked for several."""
        return Counter(task.name for task in self.of(workflow))

    def coins(self, workflow: str | None = None) -> int:
        """Coins spent on tasks, minus refunds. Presigned URLs and the like are in `charged` only."""
        return sum(task.coins - task.refunded for task in self.of(workflow))

    def lateness(self, workflow: str | None = None) -> list[float]:
        """The lateness in seconds of every task whose end has been shown to a client."""
        return [task.lateness for task in self.of(workflow) if task.lateness is not None]

    def snapshot(self) -> Ledger:
        """A copy that does not change when more happens."""
        return attrs.evolve(
            self,
            **{
                field.name: copy.copy(getattr(self, field.name))
                for field in attrs.fields(Ledger)
                if field.name not in ("tasks", "batches")
            },
            tasks=[task.copy() for task in self.tasks],
            batches={workflow: list(sizes) for workflow, sizes in self.batches.items()},
        )

    def as_json(self) -> dict[str, Any]:
        """The ledger as JSON data, for GET /sandbox/ledger. `from_json` reads it back."""
        raw = attrs.asdict(self)
        raw["statuses"] = {str(status): number for status, number in self.statuses.items()}
        return raw

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Ledger:
        """The ledger of a sandbox in another process, from the reply of GET /sandbox/ledger."""
        counters = {"requests", "starts", "charged", "refunded", "presigns", "uploads", "faults"}
        return cls(
            **{name: Counter(raw[name]) for name in counters},
            statuses=Counter({int(status): number for status, number in raw["statuses"].items()}),
            tasks=[TaskEntry(**task) for task in raw["tasks"]],
            batches=raw["batches"],
            bytes_uploaded=raw["bytes_uploaded"],
            bytes_downloaded=raw["bytes_downloaded"],
            operations={key: (role, name) for key, (role, name) in raw["operations"].items()},
        )
