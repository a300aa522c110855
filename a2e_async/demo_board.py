"""What the demo shows while it runs: how many jobs of each workflow are where, and what they cost."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs

from a2e_async import Outcome
from a2e_async.cli.layout import is_dumb
from a2e_async.cli.streams import is_terminal

if TYPE_CHECKING:
    from rich.console import RenderableType

    from a2e_async.client_events import ClientEvent

__all__ = ["Board"]


@attrs.define
class _Line:
    """The numbers of one workflow."""

    total: int
    started: int = 0
    done: int = 0
    failed: int = 0
    left: int = 0  # started, and ended since
    coins: float = 0.0

    def texts(self) -> tuple[str, ...]:
        """Queued, running, done, failed, coins."""
        running = max(self.started - self.left, 0)
        queued = max(self.total - self.done - self.failed - running, 0)
        numbers = (queued, running, self.done, self.failed)
        return (*(str(number or "") for number in numbers), f"{self.coins:g}")


class Board:
    """Shows how many jobs of each workflow are queued, running, done and failed, and what they cost."""

    def __init__(self) -> None:
        self.lines: dict[str, _Line] = {}
        self._began = time.monotonic()

    def expect(self, totals: Mapping[str, int]) -> None:
        """Begin with the number of jobs of each workflow."""
        self.lines = {name: _Line(total) for name, total in totals.items()}
        self._began = time.monotonic()

    def note(self, event: ClientEvent) -> None:
        """Count the starts."""
        line = self.lines.get(getattr(event, "workflow", ""))
        if line is not None and event.kind == "started":
            line.started += 1
            line.coins += getattr(event, "coins", None) or 0

    def end(self, outcome: Outcome) -> None:
        """Count a job that has ended."""
        line = self.lines[outcome.job.workflow.name]
        line.done += outcome.error is None
        line.failed += outcome.error is not None
        line.left += outcome.attempts > 0

    @contextmanager
    def drawn(self) -> Iterator[bool]:
        """Draw while the block runs; gives False if there is no terminal, or rich is not installed."""
        if not is_terminal(sys.stderr) or is_dumb():
            yield False
            return
        try:
            from rich.console import Console
            from rich.live import Live
        except ImportError:
            yield False
            return

        with Live(console=Console(stderr=True), get_renderable=self._table, refresh_per_second=8):
            yield True

    def _table(self) -> RenderableType:
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        table = Table(box=None, caption=f"{time.monotonic() - self._began:.0f} s", caption_justify="left")
        table.add_column("")
        table.add_column("", width=20)
        for name, style in (("queued", "dim"), ("running", "cyan"), ("done", "green"), ("failed", "red")):
            table.add_column(name, justify="right", style=style)
        table.add_column("coins", justify="right")

        for name, line in self.lines.items():
            bar = ProgressBar(total=line.total, completed=line.done + line.failed, width=20)
            table.add_row(name, bar, *line.texts())
        return table
