"""What is measured: each suite runs clients, yields rows and turns rows into tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module

import attrs

from tests.bench.processes import Row
from tests.bench.roster import Client, chosen
from tests.bench.tables import Table

NAMES = ("jobs", "imports", "transport", "files", "decoding", "growth", "money", "webhooks", "limits", "sync")
QUICK = ("jobs", "imports", "decoding")
"""The suites of a quick run: two minutes or so."""


@attrs.frozen
class Plan:
    """What the command line asked for.

    Attributes:
        only: names of clients; empty for all.
        jobs: numbers of jobs; empty for the suite's own.
        scenarios: names of scenarios; empty for the suite's own.
        repeats: 0 for the suite's own.
    """

    quick: bool = False
    only: tuple[str, ...] = ()
    jobs: tuple[int, ...] = ()
    scenarios: tuple[str, ...] = ()
    repeats: int = 0

    def clients(self, *, extras: bool = True) -> list[Client]:
        """The clients asked for."""
        return chosen(self.only, extras=extras and not self.quick)

    def wants(self, name: str) -> bool:
        """Whether the client called `name` was asked for."""
        return any(client.name == name for client in self.clients())


@attrs.frozen
class Suite:
    """One suite: rows come as they are measured, tables are made from rows alone."""

    name: str
    title: str
    run: Callable[[Plan], Iterator[Row]]
    tables: Callable[[Sequence[Row]], list[Table]]


def load(name: str) -> Suite:
    """The suite called `name`."""
    module = import_module(f"tests.bench.suites.{name}")
    return Suite(name, module.TITLE, module.run, module.tables)


Rows = Mapping[str, Sequence[Row]]
"""Rows of each suite."""
