"""Tables that read well on a terminal and as Markdown, and the statistics in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import median

import attrs

from tests.bench.processes import Row

NOTHING = "-"
Format = Callable[[float], str]


@attrs.frozen
class Table:
    """A titled table; cells are text already.

    Attributes:
        note: a sentence above it.
        plot: file name of the picture below it.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def text(self) -> str:
        """The table itself, aligned."""
        widths = [max(len(cell) for cell in column) for column in zip(self.header, *self.rows, strict=True)]
        lines = [self._line(self.header, widths)]
        lines.append("|" + "|".join("-" * (w + 1) + (":" if i else "-") for i, w in enumerate(widths)) + "|")
        lines += [self._line(row, widths) for row in self.rows]
        return "\n".join(lines)

    def markdown(self) -> str:
        """With title and note."""
        return "\n\n".join(part for part in (f"### {self.title}", self.note, self.text()) if part)

    @staticmethod
    def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
        padded = (c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(cells, widths, strict=True)))
        return "| " + " | ".join(padded) + " |"


def values(rows: Iterable[Row], key: str | Callable[[Row], float | None]) -> list[float]:
    """One number of each run, where there is one."""
    read = key if callable(key) else (lambda row: row.get(key))
    return [value for row in rows if (value := read(row)) is not None]


def middle(rows: Iterable[Row], key: str | Callable[[Row], float | None]) -> float | None:
    """The median over runs."""
    found = values(rows, key)
    return median(found) if found else None


def cell(rows: Iterable[Row], key: str | Callable[[Row], float | None], form: Format) -> str:
    """Median and, of several runs that differ, the extremes."""
    found = values(rows, key)
    if not found:
        return NOTHING
    low, mid, high = form(min(found)), form(median(found)), form(max(found))
    return mid if low == high else f"{mid} ({low}-{high})"


def ratio(
    rows: Sequence[Row], others: Sequence[Row], key: str | Callable[[Row], float | None]
) -> float | None:
    """Median of `rows` over median of `others`, both of the same bench run."""
    mine, theirs = middle(rows, key), middle(others, key)
    return mine / theirs if mine is not None and theirs else None


def times(value: float | None) -> str:
    """A ratio, for a cell."""
    return NOTHING if value is None else f"{digits(value)} x"


def digits(value: float) -> str:
    """Three significant digits, without exponents."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def megabytes(value: float) -> str:
    """Bytes as MB."""
    return f"{value / 1e6:.1f}"


def milliseconds(value: float) -> str:
    """Seconds as ms."""
    return digits(value * 1000)


def by_client(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Runs of each client, in the order of first appearance."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["client"], []).append(row)
    return found
