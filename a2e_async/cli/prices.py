"""What the jobs of a file would cost: one quote for each kind of job."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import anyio
import attrs

from a2e_async._bulk.budget import is_seed
from a2e_async._spec.operation import Operation
from a2e_async.cli.layout import amount
from a2e_async.cli.output import to_plain
from a2e_async.client import A2E
from a2e_async.errors import APIError, AuthenticationError, PermissionDenied
from a2e_async.jobs import Job

__all__ = ["Kind", "Prices"]

_AT_ONCE = 8  # questions
# What sets no price. Texts that are spoken do: they are charged by length.
_WITHOUT_PRICE = frozenset({"prompt", "negative_prompt", "name", "webhook_url", "webhook_token"})


@attrs.define
class Kind:
    """Jobs that cost the same.

    Attributes:
        job: one of them.
        count: how many there are.
        settings: what they have in common, as text.
        price: coins for each; None if the service named none.
    """

    job: Job[Any]
    settings: str
    count: int = 0
    price: float | None = None

    @property
    def workflow(self) -> str:
        """The workflow."""
        return self.job.workflow.name

    @property
    def shown_price(self) -> str:
        """The price of each."""
        return "?" if self.price is None else amount(self.price)

    @property
    def shown_sum(self) -> str:
        """The price of all."""
        return "?" if self.price is None else amount(self.price * self.count)

    @property
    def facts(self) -> dict[str, Any]:
        """The facts for JSON."""
        return {
            "workflow": self.workflow,
            "jobs": self.count,
            "each": self.price,
            "coins": None if self.price is None else self.price * self.count,
            "settings": self.settings,
        }


class Prices:
    """The kinds of jobs, and what they cost.

    Args:
        a2e: asks the service.
    """

    def __init__(self, a2e: A2E) -> None:
        self._a2e = a2e
        self._kinds: dict[tuple[str, str], Kind] = {}

    @property
    def kinds(self) -> list[Kind]:
        """The kinds of jobs, in the order of the file."""
        return list(self._kinds.values())

    @property
    def jobs(self) -> int:
        """The number of jobs."""
        return sum(kind.count for kind in self._kinds.values())

    @property
    def coins(self) -> float:
        """What all jobs cost that have a price."""
        return sum(kind.price * kind.count for kind in self._kinds.values() if kind.price is not None)

    @property
    def without_price(self) -> int:
        """The number of jobs for which the service named no price."""
        return sum(kind.count for kind in self._kinds.values() if kind.price is None)

    def add(self, job: Job[Any]) -> None:
        """Count a job."""
        settings = _settings_of(job.operation, job.body)
        kind = self._kinds.setdefault((job.operation.path, settings), Kind(job, settings))
        kind.count += 1

    async def ask(self) -> None:
        """Ask for the price of each kind. A kind that the service cannot price has none.

        Raises:
            A2EError: nothing can be asked: the token is refused, or there is no connection.
        """
        limiter = anyio.CapacityLimiter(_AT_ONCE)
        async with anyio.create_task_group() as group:
            for kind in self._kinds.values():
                group.start_soon(self._ask, kind, limiter)

    async def _ask(self, kind: Kind, limiter: anyio.CapacityLimiter) -> None:
        async with limiter:
            try:
                kind.price = (await self._a2e.quote(kind.job)).coins
            except (AuthenticationError, PermissionDenied):
                raise
            except APIError:
                kind.price = None


def _settings_of(operation: Operation[Any], body: Mapping[str, Any]) -> str:
    """What sets the price of a job: all but its prompt, its seed and its media, whose number counts."""
    fields = {field.wire_name: field for field in operation.body}
    shown: list[str] = []
    for name, value in body.items():
        field = fields.get(name)
        is_media = field is not None and (field.media or (field.item is not None and field.item.media))
        if is_media and isinstance(value, list | tuple):
            shown.append(f"{len(value)} {name}")
        elif not is_media and name not in _WITHOUT_PRICE and not is_seed(name):
            text = value if isinstance(value, str) else json.dumps(to_plain(value), default=str)
            shown.append(f"{name}={text}")

    return ", ".join(shown)
