"""What really happened: the server's own account, which tests and benchmarks compare with the client's."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from typing import Any

import attrs

from a2e_async.sandbox.faults import matches

__all__ = ["Ledger", "TaskEntry"]


@attrs.define
class TaskEntry:
    """One task that was made.

    Attributes:
        coins: what it cost.
        outcome: how it ends: completed, failed, … (known from the start; not necessarily reached yet).
        done_at: when, in seconds of the sandbox's clock.
        seen_at: when a reply first showed it as ended; None until then.
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
        """As it is now. Written out: `copy.copy` would hold the server up when there are many."""
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
        """Seconds between the end of the task and the first reply that told of it."""
        return None if self.seen_at is None else self.seen_at - self.done_at


@attrs.define
class Ledger:
    """The account of one sandbox since it started (or was reset).

    Attributes:
        requests: operation key (``POST /api/v1/userImage2Video/start``) -> requests that arrived, whatever
            became of them; ``upload`` and ``download`` are keys too, ``unknown`` is what has no route.
        statuses: HTTP status -> replies sent (0: the connection was reset instead).
        starts: workflow -> start requests whose work was done.
        tasks: every task that was made, in order.
        charged / refunded: workflow -> coins.
        batches: workflow -> number of ids of each batchDetail request.
        presigns: key as asked for -> presigned URLs handed out.
        uploads: SHA-256 of the content -> PUTs that were stored.
        bytes_uploaded / bytes_downloaded: bytes that arrived in, or left, the file store.
        faults: kind -> how often it was played.
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
        """Requests of an operation: its key, its name (``image_to_video.start``), a glob, or a role."""
        return sum(
            number
            for key, number in self.requests.items()
            if matches(selector, *self.operations.get(key, (key, key)), key)
        )

    def made(self, workflow: str | None = None) -> int:
        """Tasks made, of one workflow or of all."""
        return sum(1 for _ in self.of(workflow))

    def of(self, workflow: str | None = None) -> Iterator[TaskEntry]:
        """The tasks of one workflow, or all."""
        return (task for task in self.tasks if workflow is None or task.workflow == workflow)

    def names(self, workflow: str | None = None) -> Counter[str]:
        """Name -> tasks made with it: a number above 1 was paid for twice (or asked for several outputs)."""
        return Counter(task.name for task in self.of(workflow))

    def coins(self, workflow: str | None = None) -> int:
        """Coins spent on tasks, less refunds. Presigned URLs and the rest stand in `charged` alone."""
        return sum(task.coins - task.refunded for task in self.of(workflow))

    def lateness(self, workflow: str | None = None) -> list[float]:
        """Seconds between end and first telling, of every task whose end has been told."""
        return [task.lateness for task in self.of(workflow) if task.lateness is not None]

    def snapshot(self) -> Ledger:
        """A copy that does not change any more."""
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
        """For GET /sandbox/ledger; `from_json` reads it back."""
        raw = attrs.asdict(self)
        raw["statuses"] = {str(status): number for status, number in self.statuses.items()}
        return raw

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Ledger:
        """A snapshot of a sandbox in another process."""
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
