"""Files inside a request body: found, uploaded once and together, replaced by their URLs."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import anyio

from a2e_async._spec.media import Upload
from a2e_async.task_groups import first_error

__all__ = ["File", "files_in", "map_files", "upload_files_in"]

File = os.PathLike[str] | bytes | Upload


def files_in(value: Any) -> Iterator[File]:
    """The files in a body, in lists and mappings too."""
    if isinstance(value, os.PathLike | bytes | Upload):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from files_in(member)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from files_in(item)


def map_files(value: Any, replace: Callable[[File], Any]) -> Any:
    """A copy of a body with each file in it replaced, in lists and mappings too."""
    if isinstance(value, os.PathLike | bytes | Upload):
        return replace(value)
    if isinstance(value, Mapping):
        return {key: map_files(member, replace) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [map_files(item, replace) for item in value]
    return value


async def upload_files_in(
    body: Mapping[str, Any], upload: Callable[[Any], Awaitable[Upload]]
) -> Mapping[str, Any]:
    """The body with the URL of each file in its place; files are uploaded side by side.

    Args:
        body: a checked body.
        upload: uploads one file; the same content is expected to be uploaded once.

    Raises:
        UploadError: a file could not be uploaded; the other uploads are cancelled.
    """
    files = [file for file in files_in(body) if not isinstance(file, Upload)]
    uploads: dict[int, Upload] = {}

    async def put(file: Any) -> None:
        uploads[id(file)] = await upload(file)

    if len(files) == 1:
        await put(files[0])
    elif files:
        failure: BaseException | None = None
        try:
            async with anyio.create_task_group() as group:
                for file in {id(file): file for file in files}.values():
                    group.start_soon(put, file)
        except BaseExceptionGroup as errors:
            failure = first_error(errors)
        if failure is not None:
            raise failure

    def url_of(file: File) -> str:
        return file.url if isinstance(file, Upload) else uploads[id(file)].url

    return {key: map_files(value, url_of) for key, value in body.items()}
