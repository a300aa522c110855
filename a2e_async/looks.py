"""How values look: as one line in a console, and as a card in a notebook.

Nothing is requested to show them. It goes by the names of their classes, so that it needs none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from a2e_async._html.cards import EXPIRE, card, counted, seconds_text
from a2e_async.checks import shown

__all__ = ["card_of", "line_of"]

_LONGEST = 240  # characters of a line
_MOST_IDS = 3
_MOST_MADE = 4  # members of a record
_IDS = frozenset({"_id", "id", "task_id", "taskId", "user_id"})
_SAID = frozenset({*_IDS, "name", "current_status", "status", "state", "coins", "createdAt", "updatedAt"})
_NOTHING: tuple[object, ...] = ("", None, [], {})


def line_of(value: Any) -> str:
    """The value on one line."""
    kind, make = _by_class(value, _LINES)
    text = " ".join(f"{kind}({', '.join(filter(None, make(value)))})".split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...)"


def card_of(value: Any) -> str:
    """The value as HTML for a notebook."""
    return str(_by_class(value, _CARDS)[1](value))


def _by_class(value: Any, table: Mapping[str, Callable[[Any], Any]]) -> tuple[str, Callable[[Any], Any]]:
    name = next(kind.__name__ for kind in type(value).__mro__ if kind.__name__ in table)
    return name, table[name]


def _ids(ids: Any) -> str:
    more = f", and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
    return ", ".join(ids[:_MOST_IDS]) + more


def _problem(error: Any) -> str:
    return f"{type(error).__name__}: {error}" if error is not None else ""


def _given(job: Any) -> dict[str, str]:
    return {name: shown("..." if "token" in name else value) for name, value in job.body.items()}


def _job_line(job: Any) -> list[str]:
    known = [f"{name}={value!r}" for name, value in (("key", job.key), ("quote", job.quote)) if value]
    return [job.workflow.name, *known, *(f"{name}={text}" for name, text in _given(job).items())]


def _task_line(task: Any) -> list[str]:
    return [task.workflow.name, _ids(task.ids)]


def _result_line(result: Any) -> list[str]:
    files = counted(len(result.urls), "file")
    failed = f"{len(result.failed)} failed" if result.failed else ""
    name, ids = result.task.workflow.name, _ids(result.task.ids)
    made = f"{files}: {_first(result.urls)}" if result.urls else _made(result.record)
    return [name, ids, made, failed, counted(result.coins, "coin"), seconds_text(result.elapsed)]


def _first(urls: Any) -> str:
    """The first URL, without its query: that may be a signature."""
    return shown(str(urls[0]).partition("?")[0])


def _made(record: Any) -> str:
    """What a task has made that makes no files, such as the id of an avatar."""
    raw = {key: value for key, value in record.raw.items() if key not in _SAID and value not in _NOTHING}
    made = {key: value for key, value in raw.items() if key.endswith("id") and key not in _IDS} or raw
    return ", ".join(f"{key}={shown(value)}" for key, value in list(made.items())[:_MOST_MADE]) or "no files"


def _outcome_line(outcome: Any) -> list[str]:
    files = counted(len(outcome.paths), "file") if outcome.paths else ""
    state = "done" if outcome.result is not None else "failed"
    name = outcome.job.workflow.name
    return [f"{outcome.index}", outcome.key or "", name, state, files, _problem(outcome.error)]


def _summary_line(summary: Any) -> list[str]:
    counts = {name: getattr(summary, name) for name in _COUNTS}
    known = [f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if number]
    stopped = f"stopped by {_problem(summary.stopped)}" if summary.stopped is not None else ""
    coins, requests = counted(summary.coins, "coin"), counted(summary.requests, "request")
    return [counted(summary.jobs, "job"), *known, coins, requests, stopped]


def _quote_line(quote: Any) -> list[str]:
    return [counted(quote.coins, "coin") or "no price"]


def _words(job: Any) -> dict[str, str]:
    """What a job was given, in words."""
    texts = {
        name: value for name, value in job.body.items() if isinstance(value, str) and "token" not in name
    }
    return {**_given(job), **texts}


def _job_card(job: Any) -> str:
    facts = {"key": job.key, "quote": counted(job.quote, "coin"), **_words(job)}
    return card(f"Job: {job.workflow.name}", facts, note="Nothing is sent yet; run() starts it.")


def _task_card(task: Any) -> str:
    record = task.record

    facts = {
        "id": ", ".join(task.ids),
        "status": record.status,
        "progress": None if task.progress is None else f"{task.progress:g} %",
        "failure": record.failure,
        "prompt": record.raw.get("prompt"),
        "cost": counted(task.coins, "coin"),
    }

    return card(f"Task: {task.workflow.name}", facts, note="As last received; refresh() asks again.")


def _result_facts(result: Any) -> dict[str, Any]:
    return {
        "prompt": result.record.raw.get("prompt"),
        "cost": counted(result.coins, "coin"),
        "time": seconds_text(result.elapsed),
        "failed": len(result.failed) or None,
        "ids": ", ".join(result.ids),
    }


def _media(result: Any) -> dict[str, str]:
    """The URLs of what was made, and what each is, also where its name does not say so."""
    from a2e_async._tasks.outputs import media_of

    return media_of((record.raw for record in result.records), result.urls)


def _result_card(result: Any) -> str:
    name = result.task.workflow.name
    alt = str(result.record.raw.get("prompt") or name)
    note = EXPIRE if result.urls else ""
    return card(name, _result_facts(result), media=_media(result), alt=alt, note=note)


def _outcome_card(outcome: Any) -> str:
    result = outcome.result
    facts = {
        "error": _problem(outcome.error),
        **_words(outcome.job),
        **({} if result is None else _result_facts(result)),
        "files": "\n".join(map(str, outcome.paths)),
        "from the journal": "yes" if outcome.replayed else None,
    }

    name = outcome.key or f"job {outcome.index}"
    media = {} if result is None else _media(result)
    title = f"{name}: {outcome.job.workflow.name}{'' if result is not None else ', no result'}"
    return card(title, facts, media=media, alt=name, note=EXPIRE if media and not outcome.paths else "")


def _summary_card(summary: Any) -> str:
    facts = {name.replace("_", " "): getattr(summary, name) or None for name in _COUNTS}
    facts |= {"coins": counted(summary.coins, "coin"), "requests": summary.requests}
    facts |= {"stopped": _problem(summary.stopped)}
    for name, numbers in summary.workflows.items():
        errors = ", ".join(f"{count} x {kind}" for kind, count in numbers.errors.items())
        facts[name] = f"{numbers.done} done, {numbers.failed} failed{f': {errors}' if errors else ''}"
    return card(f"Bulk run: {counted(summary.jobs, 'job')}", facts)


def _quote_card(quote: Any) -> str:
    return card(f"Quote: {_quote_line(quote)[0]}", {})


_COUNTS = ("done", "failed", "replayed", "skipped", "retried", "not_started", "left")
_LINES: Mapping[str, Callable[[Any], list[str]]] = {
    "Job": _job_line,
    "Task": _task_line,
    "Result": _result_line,
    "Outcome": _outcome_line,
    "Summary": _summary_line,
    "Quote": _quote_line,
}
_CARDS: Mapping[str, Callable[[Any], str]] = {
    "Job": _job_card,
    "Task": _task_card,
    "Result": _result_card,
    "Outcome": _outcome_card,
    "Summary": _summary_card,
    "Quote": _quote_card,
}
