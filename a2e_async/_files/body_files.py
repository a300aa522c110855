"""Files inside a request body: found, uploaded, replaced by their URLs."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from a2e_async._files.sources import MOST_BYTES, check_source
from a2e_async._spec.field import shown
from a2e_async._spec.media import File, Upload, is_file
from a2e_async.addresses import media_url_problem
from a2e_async.errors import InvalidArgument
from a2e_async.task_groups import map_bounded

__all__ = ["File", "check_body", "files_in", "map_files", "upload_files_in"]

_NO_MEDIA = re.compile(
    r"hook|callback|notify|redirect|(^|_)(prompt|text|msg|message|name|title|description)$", re.IGNORECASE
)


def files_in(value: Any) -> Iterator[File]:
    """The files in a body, including those in nested lists and mappings."""
    return (file for _, file in _placed_files(value))


def _placed_files(value: Any, where: str = "") -> Iterator[tuple[str, File]]:
    """The files in a body with their places, such as ``images[2]``."""
    if is_file(value):
        yield where, value
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from _placed_files(member, f"{where}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _placed_files(item, f"{where}[{index}]")


def map_files(value: Any, replace: Callable[[File], Any]) -> Any:
    """A copy of a body with each file replaced, including those in nested lists and mappings."""
    if is_file(value):
        return replace(value)
    if isinstance(value, Mapping):
        return {key: map_files(member, replace) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [map_files(item, replace) for item in value]
    return value


def check_body(body: Mapping[str, Any], *, private_hosts: bool) -> None:
    """Refuse media that cannot be uploaded or fetched, before anything is sent or paid for.

    Args:
        body: of a request.
        private_hosts: the service is on this machine or in a private network itself.

    Raises:
        InvalidArgument: a file does not exist or cannot be sent, or the service cannot fetch a URL.
    """
    _check_urls(body, private_hosts, "")
    for where, file in _placed_files(body):
        if not isinstance(file, Upload):
            check_source(file, where, MOST_BYTES)


def _check_urls(value: Any, private_hosts: bool, where: str) -> None:
    """Refuse URLs that the service cannot fetch. Texts and the addresses of hooks are no media."""
    if isinstance(value, str):
        # A text that only begins with a URL is not one.
        is_url = ":" in value[:20] and not any(map(str.isspace, value[:200].strip()))
        if is_url and (problem := media_url_problem(value, private_hosts=private_hosts)):
            raise InvalidArgument(
                where, f"{shown(value)} {problem}; give the file as pathlib.Path(...), bytes or an Upload"
            )

    elif isinstance(value, Mapping):
        for key, member in value.items():
            if not _NO_MEDIA.search(str(key)):
                _check_urls(member, private_hosts, f"{where}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check_urls(item, private_hosts, f"{where}[{index}]")


async def upload_files_in(
    body: Mapping[str, Any], upload: Callable[..., Awaitable[Upload]]
) -> Mapping[str, Any]:
    """Upload the files of a body side by side.

    Args:
        body: a checked body.
        upload: uploads one file, and the same content only once. Called with the file and its place as
            `field`.

    Returns:
        The body with each file replaced by its URL.

    Raises:
        UploadError: a file could not be uploaded. The other uploads are cancelled.
    """
    files = {id(file): (where, file) for where, file in _placed_files(body) if not isinstance(file, Upload)}
    distinct = list(files.values())
    uploads: dict[int, Upload] = {}

    async def upload_file(_: int, placed: tuple[str, Any]) -> None:
        where, file = placed
        uploads[id(file)] = await upload(file, field=where)

    if len(distinct) == 1:
        await upload_file(0, distinct[0])
    elif distinct:
        await map_bounded(distinct, upload_file, len(distinct))

    def url_of(file: File) -> str:
        return file.url if isinstance(file, Upload) else uploads[id(file)].url

    return {key: map_files(value, url_of) for key, value in body.items()}
