"""Files inside a request body: found, uploaded, replaced by their URLs."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from a2e_async._spec.media import Upload
from a2e_async.errors import InvalidArgument
from a2e_async.task_groups import map_bounded

__all__ = ["File", "files_in", "map_files", "upload_files_in"]

File = os.PathLike[str] | bytes | Upload


def files_in(value: Any) -> Iterator[File]:
    """The files in a body, including those in nested lists and mappings."""
    if isinstance(value, os.PathLike | bytes | Upload):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from files_in(member)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from files_in(item)


def map_files(value: Any, replace: Callable[[File], Any]) -> Any:
    """A copy of a body with each file replaced, including those in nested lists and mappings."""
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
    """Upload the files of a body side by side.

    Args:
        body: a checked body.
        upload: uploads one file, and the same content only once.

    Returns:
        The body with each file replaced by its URL.

    Raises:
        InvalidArgument: a file does not exist. Nothing was sent.
        UploadError: a file could not be uploaded. The other uploads are cancelled.
    """
    for key, value in body.items():
        for file in files_in(value):
            _check_exists(key, file)

    files = {id(file): file for file in files_in(body) if not isinstance(file, Upload)}
    distinct = list(files.values())
    uploads: dict[int, Upload] = {}

    async def upload_file(_: int, file: Any) -> None:
        uploads[id(file)] = await upload(file)

    if len(distinct) == 1:
        await upload_file(0, distinct[0])
    elif distinct:
        await map_bounded(distinct, upload_file, len(distinct))

    def url_of(file: File) -> str:
        return file.url if isinstance(file, Upload) else uploads[id(file)].url

    return {key: map_files(value, url_of) for key, value in body.items()}


def _check_exists(key: str, file: File) -> None:
    """Refuse a file that does not exist, before the other files are uploaded."""
    if isinstance(file, bytes | Upload):
        return
    try:
        os.stat(file)
    except FileNotFoundError:
        raise InvalidArgument(key, f"{os.fspath(file)} does not exist") from None
    except (OSError, ValueError):
        return  # the upload says what is wrong with it
