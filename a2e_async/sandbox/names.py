"""Names of workflows and operations, made from the paths of the document.

The sandbox names workflows as users do (``image_to_video``), so that prices, durations, fault selectors
and the ledger read well. Every place that takes such a name also takes the path segment.

The client's names come from another implementation of the same naming, ``codegen/interface/naming.py``.
The two are separate on purpose. The wheel contains the sandbox but not codegen, so the sandbox cannot
import it. And the conformance tests look up the client's names in the sandbox's ledger: two independent
readings of the document find each other's faults.
"""

from __future__ import annotations

import re

__all__ = ["operation_name", "split_path", "workflow_name"]

PREFIX = ("api", "v1")

_EXCEPTIONS = {
    "custom_back": "custom_background",
    "r2": "storage",
    "token": "tokens",
    "transactionRecord": "transactions",
    "user": "account",
    "userWan26R2V": "wan26_r2v",
    "video": "avatar_video",
}
_MEDIA = "Text|Image|Video|Audio"
_BETWEEN_MEDIA = re.compile(rf"({_MEDIA})2({_MEDIA})", re.IGNORECASE)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])")
_LISTS = frozenset({"allRecords", "list", "records"})


def snake(word: str) -> str:
    """``batchDetail`` -> ``batch_detail``, ``upload-presigned-url`` -> ``upload_presigned_url``."""
    return _HUMP.sub("_", word).replace("-", "_").lower()


def workflow_name(segment: str) -> str:
    """``userImage2Video`` -> ``image_to_video``. The name of a workflow comes back unchanged."""
    if segment in _EXCEPTIONS:
        return _EXCEPTIONS[segment]
    bare = re.sub(r"^user(?=[A-Z])", "", segment)
    return snake(_BETWEEN_MEDIA.sub(r"\1To\2", bare))


def split_path(path: str) -> tuple[str, ...]:
    """The segments below ``/api/v1``, or all segments of any other path."""
    segments = tuple(part for part in path.split("/") if part)
    return segments[2:] if segments[:2] == PREFIX else segments


def operation_name(method: str, path: str) -> str:
    """``GET /api/v1/userImage2Video/{_id}`` -> ``image_to_video.get``."""
    segments = split_path(path)
    resource = workflow_name(segments[0])
    literal = [part for part in segments[1:] if not part.startswith("{")]

    if segments[0] == "tts" or segments[1:] == ("send_tts",):
        resource = "tts"
    if literal in ([], ["detail"], ["delete"]) and any(part.startswith("{") for part in segments[1:]):
        return f"{resource}.{ {'GET': 'get', 'DELETE': 'delete', 'PUT': 'update'}.get(method, 'post') }"
    if method == "GET" and (len(segments) == 1 or (len(literal) == 1 and literal[0] in _LISTS)):
        return f"{resource}.list"
    return f"{resource}.{'_'.join(map(snake, literal)) or method.lower()}"
