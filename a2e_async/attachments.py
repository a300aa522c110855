"""Files inside a request body: found, uploaded once and together, replaced by their URLs."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import anyio

from a2e_async.operations import Upload

__all__ = ["files_in", "with_urls"]

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


async def with_urls(body: Mapping[str, Any], upload: Callable[[Any], Awaitable[Upload]]) -> Mapping[str, Any]:
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
    return {key: _replaced(value, uploads) for key, value in body.items()}


def first_error(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that ended a task group: the first one that is not itself a group."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _replaced(value: Any, uploads: Mapping[int, Upload]) -> Any:
    if isinstance(value, Upload):
        return value.url
    if id(value) in uploads:
        return uploads[id(value)].url
    if isinstance(value, Mapping):
        return {key: _replaced(member, uploads) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(item, uploads) for item in value]
    return value
