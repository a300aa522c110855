"""Keys that identify the jobs of a bulk run when the run is resumed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from anyio import to_thread

from a2e_async._files.body_files import File, files_in, map_files
from a2e_async._files.hashing import hash_file
from a2e_async._spec.media import Upload
from a2e_async.errors import InvalidArgument
from a2e_async.jobs import Job

__all__ = ["key_of"]


async def key_of(job: Job[Any]) -> str:
    """The job's own key, or one derived from its workflow, its body and the content of its files.

    Files are hashed in a worker thread.

    Raises:
        InvalidArgument: a file cannot be read, or the body is not JSON.
    """
    if job.key is not None:
        return job.key
    if any(not isinstance(file, Upload) for file in files_in(job.body)):
        return await to_thread.run_sync(_derive_key, job)
    return _derive_key(job)


def _derive_key(job: Job[Any]) -> str:
    identity = [
        job.workflow.name,
        job.operation.path,
        map_files(job.body, _hash_content),
        map_files(job.call.query, _hash_content),
    ]

    try:
        text = json.dumps(identity, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise InvalidArgument("body", f"cannot be sent as JSON: {error}") from None

    return f"{job.workflow.name}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _hash_content(file: File) -> Mapping[str, str]:
    """Represent a file by the hash of its content."""
    if isinstance(file, Upload):
        return {"sha256": file.sha256}
    if isinstance(file, bytes):
        return {"sha256": hashlib.sha256(file).hexdigest()}
    try:
        return {"sha256": hash_file(Path(file), "sha256")}
    except OSError as error:
        raise InvalidArgument("source", f"the file cannot be read: {error}") from error
