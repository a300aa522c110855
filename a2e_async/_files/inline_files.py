"""Files that are sent inside a request: read before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from a2e_async._files.content import ReadSizes, open_content
from a2e_async._files.file_names import safe_name
from a2e_async._files.media_types import content_type_of
from a2e_async._spec.bodies import Part
from a2e_async._spec.media import Upload, is_file
from a2e_async.clock import Clock
from a2e_async.errors import InvalidArgument
from a2e_async.task_groups import in_thread

__all__ = ["with_parts"]

_MOST_BYTES = 256 << 20  # of a file that is sent inside a request: it is held in memory meanwhile


async def with_parts(value: Any, clock: Clock, where: str = "") -> Any:
    """A copy of a body with each file replaced by its content.

    Args:
        value: a checked body.
        clock: for pauses while too many files are open.
        where: the value's place, for messages.

    Raises:
        InvalidArgument: a file is missing, empty, too large or of a wrong type.
        UploadError: a file cannot be read.
    """
    if isinstance(value, Mapping):
        return {key: await with_parts(one, clock, f"{where}.{key}".lstrip(".")) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [await with_parts(one, clock, f"{where}[{index}]") for index, one in enumerate(value)]
    return await _part(value, clock, where or "body") if is_file(value) else value


async def _part(file: Any, clock: Clock, where: str) -> Part:
    if isinstance(file, Upload):
        raise InvalidArgument(where, "an Upload has no content here; give the file itself")

    async with open_content(
        file, field=where, max_bytes=_MOST_BYTES, sizes=ReadSizes(), clock=clock
    ) as content:
        pieces = bytearray()
        while len(pieces) < content.size:
            pieces += await in_thread(content.read, len(pieces))
        name = safe_name(content.name) if content.name else "file"
        return Part(bytes(pieces), name, content_type_of(content.head, content.name))
