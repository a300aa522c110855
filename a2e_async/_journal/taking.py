"""Whether an entry of a journal is that of a job, and what is written down when it is taken. No I/O."""

from __future__ import annotations

from a2e_async._journal.asked import Asked, derived_key, difference
from a2e_async._journal.entries import Entry, State
from a2e_async.errors import InvalidArgument

__all__ = ["adopt", "entry_by_path", "mismatch", "new_entry", "retire"]


def new_entry(key: str, workflow: str, asked: Asked | None) -> Entry:
    """Make the entry of a job that is not known.

    Raises:
        InvalidArgument: a file of the job cannot be read.
    """
    entry = Entry(0, key, workflow)
    if asked is not None:
        if asked.problem is not None:
            raise asked.problem
        entry.ask(asked)
    return entry


def mismatch(entry: Entry, workflow: str, asked: Asked, unique: bool) -> str | None:
    """Why the entry is not that of the job; None if it is."""
    if entry.workflow != workflow:
        return f"{entry.key!r} is a job of {entry.workflow} in the journal"
    if not unique or entry.asked is None or entry.state == State.NEW:
        return None
    by_path = asked.digest is None
    if (asked.path_digest == entry.path_digest) if by_path else (asked.digest == entry.digest):
        return None

    changes = difference(entry.asked, asked.copy)
    return (
        f"{entry.key!r} is a job in the journal that asked for something else: {changes}; "
        'give this job another key, or make it anew with changed="restart"'
    )


def adopt(entry: Entry, key: str, asked: Asked, unique: bool) -> None:
    """Write down what is asked for, where nothing was started yet or the key itself proves it.

    Raises:
        InvalidArgument: a file that is needed cannot be read.
    """
    if asked.problem is not None:
        if entry.needs_files:
            raise asked.problem
        return
    if entry.state == State.NEW or (entry.asked is None and not unique):
        entry.key = key
        entry.ask(asked)


def retire(entry: Entry) -> None:
    """Take the key from an entry. What it has cost still counts."""
    if entry.state == State.STARTING:
        entry.coins += entry.reserved
    entry.state = State.REPLACED


def entry_by_path(asked: Asked, found: list[tuple[bool, Entry]]) -> Entry:
    """Choose the entry of a job without a key whose file cannot be read.

    Args:
        asked: what the job asks for.
        found: the entries whose files had the same paths, each with whether this run may take it.

    Raises:
        InvalidArgument: there is no such entry, several had different contents, or its file is needed.
    """
    problem = asked.problem or InvalidArgument("source", "the file cannot be read")

    # Jobs with a key have a say too: with another content, it is not known which one is meant.
    if len({entry.digest for _, entry in found}) > 1:
        raise problem
    for free, entry in found:
        if free and entry.key == derived_key(asked.workflow, entry.digest or ""):
            if entry.needs_files:
                break
            return entry
    raise problem
