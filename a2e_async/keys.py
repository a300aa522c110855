"""What a job of a bulk run is recognised by when the run is taken up again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from anyio import to_thread

from a2e_async.attachments import files_in
from a2e_async.errors import InvalidArgument
from a2e_async.jobs import Job
from a2e_async.operations import Upload

__all__ = ["key_of"]


async def key_of(job: Job[Any]) -> str:
    """The job's own key, else one made of its workflow, its body and the content of its files.

    Raises:
        InvalidArgument: a file cannot be read, or the body holds something that cannot be sent.
    """
    if job.key is not None:
        return job.key
    if any(not isinstance(file, Upload) for file in files_in(job.body)):
        return await to_thread.run_sync(_derived, job)
    return _derived(job)


def _derived(job: Job[Any]) -> str:
    content = [job.workflow.name, job.operation.path, _plain(job.body), _plain(job.call.query)]
    try:
        text = json.dumps(content, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise InvalidArgument("body", f"cannot be sent as JSON: {error}") from None
    return f"{job.workflow.name}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _plain(value: Any) -> Any:
    """The value with every file replaced by the hash of its content."""
    if isinstance(value, Upload):
        return {"sha256": value.sha256}
    if isinstance(value, bytes):
        return {"sha256": hashlib.sha256(value).hexdigest()}
    if isinstance(value, os.PathLike):
        return {"sha256": _hash_of(Path(value))}
    if isinstance(value, Mapping):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _hash_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InvalidArgument("source", f"the file cannot be read: {error}") from error
