"""Pictures of results.json: ``python plots.py FOLDER``, with the server's environment (matplotlib)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.transforms import Bbox

Row = dict[str, Any]
Point = tuple[str, float, float, str]
COLORS = {"ours": "#d62728", "reference": "#1f77b4", "peer": "#7f7f7f"}
MARKERS = {"ours": "o", "reference": "s", "peer": "^"}
USUAL_LATENESS = 1.5  # seconds: the default
FLOORS = ("attrs, anyio", "httpx, attrs, anyio")


def main() -> None:
    """Draw what there is; print the names of the pictures by suite."""
    # The same rows give the same bytes; text stays text, so the files stay small.
    mpl.rcParams.update({"svg.hashsalt": "a2e", "svg.fonttype": "none", "font.size": 9, "axes.grid": True})
    mpl.rcParams.update({"grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False})
    folder = Path(sys.argv[1])
    results = json.loads((folder / "results.json").read_text())
    made: dict[str, list[str]] = {}
    for suite, draw in DRAWN.items():
        rows = [row for row in results.get(suite, {}).get("rows", []) if "failed" not in row]
        if rows:
            made[suite] = draw(folder, rows)
    sys.stdout.write(json.dumps(made) + "\n")


def jobs(folder: Path, rows: list[Row]) -> list[str]:
    """For each scenario: requests against lateness, and CPU with memory."""
    names = []
    for scenario, count in sorted({(row["scenario"], row["jobs"]) for row in rows}):
        some = [
            row for row in rows if (row["scenario"], row["jobs"]) == (scenario, count) and row["returned"]
        ]
        title = f"{count:,} jobs, {scenario}"
        names += [_scatter(folder, f"jobs-{scenario}-{count}", title, some)]
        names += [_bars(folder, f"cpu-{scenario}-{count}", title, some)]
    return names


def _scatter(folder: Path, name: str, title: str, rows: list[Row]) -> str:
    figure, axes = plt.subplots(figsize=(7.5, 4.5))
    points: list[Point] = []
    for client, runs in _grouped(rows, "client"):
        x = _middle(runs, lambda row: row["requests"] / row["returned"])
        y = _middle(runs, lambda row: row["late_mean"])
        lost = _middle(runs, lambda row: row["jobs"] - row["returned"])
        points.append((f"{client} ({lost:.0f} lost)" if lost else client, x, y, runs[0]["role"]))
    for _, x, y, role in points:
        axes.scatter([x], [y], color=COLORS[role], marker=MARKERS[role], zorder=3)
    axes.set(xscale="log", yscale="log", xlabel="requests a job", ylabel="late, seconds (mean)")
    axes.margins(0.12)
    axes.set_title(f"{title}: down and left is better", loc="left")
    _plain(axes.xaxis, axes.yaxis)
    _label(axes, points)
    return _save(folder, name, figure)


def _label(axes: Axes, points: list[Point]) -> None:
    """Put each name beside its point where it covers least of what is there already."""
    canvas = axes.figure.canvas
    canvas.draw()
    taken: list[Bbox] = []
    for _, x, y, _ in points:
        at = axes.transData.transform((x, y))
        taken.append(Bbox.from_bounds(at[0] - 4, at[1] - 4, 8, 8))
    for text, x, y, role in points:
        places = []
        for dx, dy, ha in (
            (7, -3, "left"),
            (5, 5, "left"),
            (5, -11, "left"),
            (-7, -3, "right"),
            (-5, 5, "right"),
        ):
            note = axes.annotate(
                text, (x, y), (dx, dy), textcoords="offset points", ha=ha, color=COLORS[role], fontsize=8
            )
            box = note.get_window_extent()
            outside = box.width * box.height - _shared(box, axes.get_window_extent())
            places.append((outside + sum(_shared(box, other) for other in taken), note, box))
        best = min(places, key=lambda place: place[0])
        for place in places:
            if place is not best:
                place[1].remove()
        taken.append(best[2])


def _shared(one: Bbox, other: Bbox) -> float:
    """Area that two boxes have in common."""
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return float(max(0.0, width) * max(0.0, height))


def _bars(folder: Path, name: str, title: str, rows: list[Row]) -> str:
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(9, 0.28 * len({r["client"] for r in rows}) + 1.2), sharey=True
    )
    _bar(left, rows, lambda row: row["cpu"] / row["returned"] * 1000, "CPU, ms a job")
    _bar(right, rows, lambda row: row["growth"] / 1e6, "memory growth, MB")
    left.set_title(title, loc="left")
    return _save(folder, name, figure)


def imports(folder: Path, rows: list[Row]) -> list[str]:
    """Import alone and first use."""
    for row in rows:
        row["role"] = (
            "ours" if row["client"].startswith("a2e") else "reference" if row["client"] in FLOORS else "peer"
        )
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), sharey=True)
    _bar(
        left,
        [row for row in rows if row["what"] == "import"],
        lambda row: row["cpu"] * 1000,
        "import, ms of CPU",
    )
    used = [row for row in rows if row["what"] == "first use"]
    _bar(right, used, lambda row: row["cpu"] * 1000, "first use, ms of CPU")
    return [_save(folder, "imports", figure)]


def growth(folder: Path, rows: list[Row]) -> list[str]:
    """Three lines over the number of jobs."""
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.2))
    idle = {row["jobs"]: row["growth"] / row["jobs"] for row in rows if row["client"] == "coroutines alone"}
    reads: list[tuple[str, Callable[[Row], float]]] = [
        ("requests a job", lambda row: row["requests"] / row["returned"]),
        ("CPU, ms a job", lambda row: row["cpu"] / row["returned"] * 1000),
        (
            "KB a waiting job",
            lambda row: max(0.0, row["held"] - idle[row["jobs"]]) / 1000,
        ),
    ]
    for place, (label, read) in zip(axes, reads, strict=True):
        for client, runs in _grouped([row for row in rows if row.get("held") is not None], "client"):
            points = [(count, _middle(some, read)) for count, some in _grouped(runs, "jobs")]
            place.plot(*zip(*points, strict=True), marker="o", label=client, color=_shade(runs[0]))
        place.set(xscale="log", yscale="log", xlabel="jobs in flight", title=label)
        _plain(place.yaxis)
        place.xaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:,.0f}"))
        place.tick_params(axis="x", labelsize=7)
    axes[0].legend(fontsize=7)
    return [_save(folder, "growth", figure)]


def polling(folder: Path, rows: list[Row]) -> list[str]:
    """A lone task's gaps, the requests of two crowds, and what lateness costs."""
    panels = {name: list(some) for name, some in _grouped(rows, "panel")}
    figure, (lone, crowd, cost) = plt.subplots(1, 3, figsize=(11, 3.6), width_ratios=(2, 3, 3))

    lone.plot([row["age"] for row in panels["lone"]], [row["gap"] for row in panels["lone"]], ".", ms=3)
    lone.set(title="a lone task", xlabel="age, seconds", ylabel="gap before the request, seconds")
    lone.set(xlim=(0, None), ylim=(0, None))

    for place, row in enumerate(panels["crowd"]):
        sent = range(1, len(row["requests"]) + 1)
        crowd.step(row["requests"], sent, where="post", color=f"C{place}", lw=1, label=row["crowd"])
    ended = panels["crowd"][-1]["ended"]
    crowd.step(
        ended, range(1, len(ended) + 1), where="post", color="gray", lw=1, ls="--", label="tasks ended"
    )
    crowd.set(title="two crowds of 200 tasks, 40 to 80 s each", xlabel="seconds", ylabel="requests so far")
    crowd.legend(fontsize=7)

    for place, (tasks, some) in enumerate(_grouped(panels["cost"], "tasks")):
        label = f"{tasks:,} task" + "s" * (tasks > 1)
        polls, late = [row["polls"] for row in some], [row["late"] for row in some]
        cost.plot(polls, late, marker="o", ms=3, lw=1, color=f"C{place}", label=label)
        for row in some:
            if row["lateness"] == USUAL_LATENESS:
                cost.plot([row["polls"]], [row["late"]], "o", ms=7, mfc="none", color=f"C{place}")
    cost.set(xscale="log", yscale="log", title="lateness 0.5, 0.75, 1.5 (ringed), 3, 6 s")
    cost.set(xlabel="requests a task", ylabel="late, seconds (mean)")
    _plain(cost.xaxis, cost.yaxis)
    cost.legend(fontsize=7)

    return [_save(folder, "polling", figure)]


def _shade(row: Row) -> str | None:
    return COLORS["ours"] if row["client"] == "a2e_async" else None


def _bar(axes: Axes, rows: list[Row], read: Callable[[Row], float], label: str) -> None:
    """Dots, not bars: values differ by factors, and a bar has no honest beginning on such a scale."""
    for client, runs in reversed(list(_grouped(rows, "client"))):
        value, role = _middle(runs, read), runs[0]["role"]
        axes.scatter([value], [client], color=COLORS[role], marker=MARKERS[role], zorder=3)
        axes.annotate(
            f"{value:.3g}", (value, client), (7, 0), textcoords="offset points", va="center", fontsize=7
        )
    axes.set(xscale="log", xlabel=label)
    axes.margins(x=0.15)
    _plain(axes.xaxis)


def _plain(*all_axes: Axis) -> None:
    """Numbers instead of powers of ten."""
    for axis in all_axes:
        axis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(mpl.ticker.NullFormatter())


def _grouped(rows: Iterable[Row], key: str) -> Iterable[tuple[Any, list[Row]]]:
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found.items()


def _middle(rows: Iterable[Row], read: Callable[[Row], float]) -> float:
    return median(read(row) for row in rows)


def _save(folder: Path, name: str, figure: Any) -> str:
    figure.tight_layout()
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight")
    plt.close(figure)
    return name


DRAWN = {"jobs": jobs, "imports": imports, "growth": growth, "polling": polling}

main()
