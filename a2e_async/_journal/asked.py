"""What a job asks for: a digest to compare, and a copy to read.

Key order, the spelling of a number (1024 or 1024.0) and the address that results are sent to are not part of
what was asked. A file counts by its content.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from a2e_async._files.body_files import File, check_body, files_in, map_files
from a2e_async._files.hashing import hash_file
from a2e_async._files.open_files import NO_DESCRIPTOR
from a2e_async._spec.local_paths import local_path
from a2e_async._spec.media import Upload
from a2e_async.errors import InvalidArgument
from a2e_async.jobs import Job
from a2e_async.task_groups import in_thread

__all__ = [
    "Asked",
    "asked_of",
    "contradiction",
    "derived_key",
    "difference",
    "read_asked",
    "without_delivery",
]

_DELIVERY = frozenset({"webhook_url", "webhook_token"})  # where results are sent to
_SECRET = re.compile(r"token|secret|passw|authorization|api_?key|credential|signature", re.IGNORECASE)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://\S+")
_LONGEST = 4000  # characters of one text in the copy
_SHOWN = 60  # characters of one value in an error message


@attrs.frozen
class Asked:
    """What a job asks for.

    Attributes:
        workflow: the name of the workflow.
        digest: the digest of all that was asked; None if a file cannot be read.
        path_digest: the same with the paths of the files instead of their contents.
        copy: what was asked, as JSON to read: without contents of files and without secrets.
        problem: why a file cannot be read; None if all can.
        old_key: the key that a journal of format 1 knows the job by; None if that was not asked for.
    """

    workflow: str
    digest: str | None
    path_digest: str
    copy: str
    problem: InvalidArgument | None = None
    old_key: str | None = None

    @property
    def derived_key(self) -> str | None:
        """The key of a job that was given none; None if a file cannot be read."""
        return None if self.digest is None else derived_key(self.workflow, self.digest)


async def read_asked(job: Job[Any], *, old_key: bool = False) -> Asked:
    """Find out what a job asks for. Its files are hashed in a worker thread.

    Args:
        job: the job.
        old_key: also derive the key that format 1 of the journal used.

    Raises:
        InvalidArgument: the body is not JSON.
    """
    if any(not isinstance(file, Upload) for file in files_in(job.body)):
        return await in_thread(asked_of, job, old_key)
    return asked_of(job, old_key)


def derived_key(workflow: str, digest: str) -> str:
    """The key of a job that was given none.

    Args:
        workflow: the name of its workflow.
        digest: the digest of what it asks for, in hex.
    """
    return f"{workflow}-{digest[:24]}"


def without_delivery(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body without the address that results are sent to."""
    return {key: value for key, value in body.items() if key not in _DELIVERY}


def difference(before: str, after: str) -> str:
    """Say how two copies of what was asked differ, for an error message."""
    old, new = _flat(json.loads(before)), _flat(json.loads(after))
    changes = [
        f"{name} was {_shown(old, name)} and is now {_shown(new, name)}"
        for name in sorted({*old, *new})
        if old.get(name, _MISSING) != new.get(name, _MISSING)
    ]
    if not changes:
        return "a value that the journal does not show has changed"

    more = len(changes) - 3
    return "; ".join([*changes[:3], *([f"and {more} more changes"] if more > 0 else [])])


def contradiction(
    key: str, workflow: str, digest: str | None, copy: str | None, asked: Asked, *, where: str
) -> str | None:
    """Say how a job contradicts the one that has its key, for an error message.

    Args:
        key: the key of both.
        workflow: the workflow of the job that has it.
        digest: the digest of what that one asks for.
        copy: the copy of it; None if it is not known.
        asked: what the other job asks for.
        where: where the key is known: "in the journal".

    Returns:
        None if both ask for the same, as far as that is known.
    """
    if workflow != asked.workflow:
        return f"{key!r} is a job of {workflow} {where}"
    if copy is None or digest == asked.digest:
        return None
    return (
        f"{key!r} is a job {where} that asked for something else: {difference(copy, asked.copy)}; "
        f"give this job another key{f' ({asked.problem})' if asked.problem else ''}"
    )


def asked_of(job: Job[Any], old_key: bool = False) -> Asked:
    """Find out what a job asks for, in this thread; see `read_asked`."""
    hashes = _Hashes()
    try:
        contents = _identity(job, hashes.of)
    except OSError as error:
        # Too many files are open: that says nothing about this one.
        raise InvalidArgument("source", f"the file cannot be read: {error}") from error
    paths = _identity(job, hashes.of_place)
    copy = _identity(job, hashes.shown)

    try:
        old = _old_key(job, hashes.of) if old_key and hashes.problem is None else None
        return Asked(
            job.workflow.name,
            None if hashes.problem else _digest(contents),
            _digest(paths),
            _dump(_readable(copy)),
            None if hashes.problem is None else _problem_of(job, hashes.problem),
            old,
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument("body", f"cannot be sent as JSON: {error}") from None


def _problem_of(job: Job[Any], problem: InvalidArgument) -> InvalidArgument:
    """The problem of a file as it is without a journal, where its field is named."""
    try:
        check_body(job.body, private_hosts=True)
    except InvalidArgument as named:
        return named
    return problem


class _Hashes:
    """The hashes of a job's files, each computed once."""

    def __init__(self) -> None:
        self.problem: InvalidArgument | None = None
        self._known: dict[str, str] = {}
        self._of_objects: dict[int, str] = {}

    def of(self, file: File) -> Mapping[str, str]:
        """Represent a file by the hash of its content."""
        if isinstance(file, Upload):
            return {"sha256": file.sha256}
        if not isinstance(file, os.PathLike):
            # The job keeps its file alive, so its id is its own.
            if id(file) not in self._of_objects:
                self._of_objects[id(file)] = self._hash(file)
            return {"sha256": self._of_objects[id(file)]}

        path = os.fspath(file)
        if path not in self._known:
            try:
                self._known[path] = hash_file(Path(local_path("source", file)), "sha256")
            except (OSError, ValueError) as error:
                if isinstance(error, OSError) and error.errno in NO_DESCRIPTOR:
                    raise
                self._known[path] = ""
                self.problem = InvalidArgument("source", f"the file cannot be read: {error}")
        return {"sha256": self._known[path]}

    def of_place(self, file: File) -> Mapping[str, str]:
        """Represent a file by its path, if it has one, else by its content."""
        if not isinstance(file, os.PathLike):
            return self.of(file)
        path = os.path.expanduser(_text(os.fspath(file)))
        with suppress(OSError):  # the working folder is gone
            path = os.path.abspath(path)
        return {"path": path}

    def shown(self, file: File) -> Mapping[str, Any]:
        """Represent a file by its name and the beginning of its hash."""
        name = {"file": _text(os.fspath(file))} if isinstance(file, os.PathLike) else {}
        return {**name, "sha256": self.of(file)["sha256"][:16]}

    def _hash(self, file: Any) -> str:
        """Hash bytes, or a file that is open."""
        if isinstance(file, bytes):
            return hashlib.sha256(file).hexdigest()

        from a2e_async._files.source_files import hash_source  # only where an open file is given

        try:
            return hash_source(file, "source")
        except InvalidArgument as error:
            self.problem = error
            return ""


def _identity(job: Job[Any], replace: Callable[[File], Any]) -> dict[str, Any]:
    """What was asked, with each file replaced."""
    return {
        "workflow": job.workflow.name,
        "path": job.operation.path,
        "body": map_files(without_delivery(job.body), replace),
        "query": map_files(without_delivery(job.call.query), replace),
    }


def _text(path: Any) -> str:
    return os.fsdecode(path)


def _digest(identity: Any) -> str:
    return hashlib.sha256(_dump(_plain(identity)).encode()).hexdigest()


def _dump(value: Any) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False)


def _plain(value: Any) -> Any:
    """The value with each whole number written as one: 1024.0 is 1024."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _readable(value: Any, name: str = "") -> Any:
    """The value without secrets, and without anything long."""
    if isinstance(value, Mapping):
        return {key: _readable(member, str(key)) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_readable(item, name) for item in value]
    if _SECRET.search(name):
        return "(not stored)"
    return _readable_text(value) if isinstance(value, str) else _plain(value)


def _readable_text(text: str) -> str:
    # The query of an address may hold a signature, and a data URL holds the content of a file.
    if text.startswith("data:"):
        return f"{text[:40].partition(',')[0]},... {_mark(text)}"
    if _URL.fullmatch(text):
        scheme, _, rest = text.partition("://")
        host, slash, path = rest.partition("/")
        text = f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
        if "?" in text:
            text = f"{text.partition('?')[0]}?... {_mark(text)}"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... {_mark(text)}"


def _mark(text: str) -> str:
    return f"({len(text)} characters, {hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]})"


def _old_key(job: Job[Any], replace: Callable[[File], Any]) -> str | None:
    """The key that format 1 of the journal derived."""
    identity = [
        job.workflow.name,
        job.operation.path,
        map_files(job.body, replace),
        map_files(job.call.query, replace),
    ]
    text = json.dumps(identity, sort_keys=True)
    return derived_key(job.workflow.name, hashlib.sha256(text.encode()).hexdigest())


_MISSING: Any = object()


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """The values of nested mappings by their paths, without the levels that say nothing."""
    if not isinstance(value, Mapping) or "sha256" in value:
        return {name: value}

    found: dict[str, Any] = {}
    for key, member in value.items():
        inner = key if name in ("", "body", "query") else f"{name}.{key}"
        found.update(_flat(member, inner))
    return found


def _shown(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name, _MISSING)
    if value is _MISSING:
        return "not given"
    if isinstance(value, Mapping):
        value = f"{value.get('file', 'a file')} ({value.get('sha256')})"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
