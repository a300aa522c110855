"""``a2e journal``: what a bulk run's journal holds, and what to do about starts of unknown outcome."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anyio import to_thread

from a2e_async._journal.contents import Look
from a2e_async._journal.database_url import DatabaseURL, place_from
from a2e_async._journal.journal import Terms
from a2e_async._journal.look import look_into
from a2e_async._journal.opening import open_journal
from a2e_async._journal.uncertain import UncertainStart
from a2e_async.cli.command import Options
from a2e_async.cli.layout import amount
from a2e_async.cli.output import print_error, print_json, print_row
from a2e_async.clock import SystemClock
from a2e_async.errors import InvalidArgument

__all__ = ["show"]

_SHOWN = 60  # characters of what was asked


async def show(options: Options) -> int:
    """Carry out the decisions, if there are any, and show what the journal holds."""
    place = place_from(options.file)
    look = await to_thread.run_sync(look_into, place)
    if options.release or options.bind:
        await _decide(place, options)
        look = await to_thread.run_sync(look_into, place)

    if options.json:
        _print_facts(look)
    else:
        _print_rows(look)
    for key in look.damaged:
        print_error(f"the entry of {key!r} is damaged")
    return 1 if look.damaged else 0


async def _decide(place: Path | DatabaseURL, options: Options) -> None:
    """Release and bind uncertain starts."""
    async with open_journal(place, Terms(), SystemClock()) as journal:
        starts = await journal.uncertain()

        for key in options.release:
            for start in _named(starts, key):
                await journal.release(start)
        for key, task_id in options.bind:
            await journal.bind(_named(starts, key)[0], task_id)


def _named(starts: Any, key: str) -> list[UncertainStart]:
    """The uncertain starts of a key."""
    found = [start for start in starts if start.key == key]
    if not found:
        raise InvalidArgument("KEY", f"{key!r} has no uncertain start in the journal")
    return found


def _print_rows(look: Look) -> None:
    for state, count in sorted(look.states.items()):
        print_row(state, count)
    print_row("coins", amount(look.coins))

    for start in look.uncertain:
        print_row("uncertain", start.key, start.workflow, start.marker or "-", _when(start), _brief(start))
    if look.uncertain and look.running:
        print_error("a run is on: starts that it is sending are among the uncertain ones")
    elif look.uncertain:
        print_error(
            "search for the marker in `a2e list WORKFLOW`; then --bind KEY ID if there is a task, "
            "--release KEY if there is none"
        )


def _print_facts(look: Look) -> None:
    print_json({"states": look.states, "coins": look.coins, "running": look.running, "damaged": look.damaged})
    for start in look.uncertain:
        print_json({"uncertain": start, "sent": _when(start)})


def _when(start: UncertainStart) -> str:
    try:
        return datetime.fromtimestamp(start.sent, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return "-"


def _brief(start: UncertainStart) -> str:
    """The beginning of what the job asks for."""
    body = start.asked.get("body", {})
    text = str(body.get("prompt") or body)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
