"""Names that users see, made from paths by rule. The tables below hold the exceptions."""

from __future__ import annotations

import keyword
import re

__all__ = [
    "BUILTINS",
    "IMPORTED",
    "RESERVED_KEYWORDS",
    "RESERVED_METHODS",
    "RESERVED_RESOURCES",
    "class_name",
    "field_name",
    "keyword_name",
    "literal_name",
    "method_name",
    "path_segments",
    "resource_name",
    "snake",
]

RESOURCES = {
    "custom_back": "custom_background",
    "r2": "storage",
    "token": "tokens",
    "transactionRecord": "transactions",
    "user": "account",
    "video": "avatar_video",
}
"""First path segment -> resource, where the rule would give a worse name."""

MOVED = {("video", "send_tts"): "tts"}
"""The first two segments of operations that belong to another resource than the first one says."""

METHODS = {"allRecords": "list", "records": "list", "del": "delete"}
"""Last path segment -> method, where there is a standard term."""

ID_METHODS = {"get": "get", "delete": "delete", "put": "update", "patch": "update", "post": "post"}
"""HTTP method on a bare id -> method."""

REDUNDANT = frozenset({("get", "detail"), ("delete", "detail"), ("delete", "delete"), ("put", "detail")})
"""HTTP method and a segment that adds nothing before an id: ``detail/{id}``, ``delete/{id}``."""

RESERVED_RESOURCES = frozenset(
    {
        "aclose", "balance", "base_url", "bulk", "close", "download", "download_many", "job", "jobs", "quote",
        "request", "resources", "run", "runtime", "settings", "start", "transport", "upload", "upload_many",
        "wait", "workflow", "workflows",
    }
)  # fmt: skip
"""Attributes that the client has or may get. A resource of that name gets a trailing underscore."""

RESERVED_METHODS = frozenset(
    {
        "bool", "by_convention", "client", "decode", "delete_task", "float", "int", "name", "overload",
        "reader", "record_type", "require_readable", "routes", "runtime", "schema", "start_method",
        "start_operation", "str", "task", "with_client",
    }
)  # fmt: skip
"""Attributes of `Resource` and `Workflow`, and names that the bodies of generated classes use."""

RESERVED_KEYWORDS = frozenset(
    {"self", "options", "request_timeout", "extra_headers", "extra_query", "extra_body", "with_body"}
)
"""Keywords that every call takes, and names that the bodies of generated methods use."""

BUILTINS = frozenset({"bool", "dict", "float", "int", "list", "object", "str"})
"""Types that annotations name."""

RESERVED_FIELDS = frozenset({"raw", "decode", "to_dict", "attrs", "self"}) | BUILTINS
"""Attributes of `Record`, and names that the bodies of its subclasses use."""

IMPORTED = frozenset(
    {
        "Any", "CallOptions", "Confirmation", "Coroutine", "Events", "Field", "File", "Job", "Literal",
        "Mapping", "Media", "Need", "Operation", "Pages", "Paging", "Record", "Required", "Resource",
        "Result", "Routes", "Sequence", "TYPE_CHECKING", "TaskRecord", "TypedDict", "Unpack", "Workflow",
        "attrs", "content", "likely", "likely_many", "many", "one", "overload", "plain_text", "raw", "text",
        "with_body",
    }
)  # fmt: skip
"""Names that every generated module imports."""

TASK_FIELDS = {
    "_id": "id",
    "id": "id",
    "task_id": "id",
    "name": "name",
    "current_status": "status",
    "status": "status",
    "state": "status",
    "coins": "coins",
    "createdAt": "created_at",
    "failed_message": "failure",
    "faild_message": "failure",
    "fail_reason": "failure",
}
"""Members of a task's JSON object -> the attribute of `TaskRecord` that reads them."""

_MEDIA = frozenset({"text", "image", "video", "audio"})
_WORD = re.compile(r"[A-Z]?[a-z]+(?:[0-9]+[a-z]+)*[0-9]*|[A-Z0-9]+(?![a-z])|[A-Z0-9]")
_ID = re.compile(r"_?id|[A-Za-z0-9_]*(?:_id|Id)")


def path_segments(path: str) -> list[str]:
    """The segments of a path after ``api`` and the version."""
    parts = [part for part in path.split("/") if part]
    if parts and parts[0] == "api":
        parts = parts[1:]
    if parts and re.fullmatch(r"v[0-9]+", parts[0]):
        parts = parts[1:]
    return parts


def is_parameter(segment: str) -> bool:
    """Whether a path segment is a parameter in braces."""
    return segment.startswith("{") and segment.endswith("}")


def is_id(name: str) -> bool:
    """Whether a parameter holds an id: ``_id``, ``id``, ``video_id``, ``taskId``."""
    return _ID.fullmatch(name) is not None


def snake(text: str) -> str:
    """A valid lower-case identifier for any text. Equal texts give equal identifiers.

    Camel case is split, and a ``2`` between two media words becomes "to".
    """
    name = "_".join(_words(text)) or "x" + text.encode("utf-8", "surrogatepass").hex()
    return _safe(f"x{name}" if name[0].isdigit() else name)


def _words(text: str) -> list[str]:
    words: list[str] = []
    for part in re.split(r"[^A-Za-z0-9]+", text):
        if part and part == part.lower():
            words.append(part)
        else:
            words.extend(_WORD.findall(part))
    for index, word in enumerate(words[:-1]):
        if word[-1:] == "2" and word[:-1].lower() in _MEDIA and words[index + 1].lower() in _MEDIA:
            words[index] = f"{word[:-1]}_to"
    return [word.lower() for word in words]


def _safe(name: str, reserved: frozenset[str] = frozenset()) -> str:
    return f"{name}_" if keyword.iskeyword(name) or name in reserved else name


def resource_name(path: str) -> str:
    """The resource that an operation belongs to."""
    segments = path_segments(path)
    first = segments[0] if segments else ""
    moved = MOVED.get((first, segments[1])) if len(segments) > 1 else None
    if moved:
        return moved
    if first in RESOURCES:
        return RESOURCES[first]
    if re.match(r"user[A-Z]", first):
        first = first.removeprefix("user")
    return _safe(snake(first), RESERVED_RESOURCES)


def class_name(resource: str) -> str:
    """The class of a resource: ``image_to_video`` -> ``ImageToVideo``."""
    name = "".join(word.capitalize() for word in resource.split("_") if word)
    return f"{name}Resource" if keyword.iskeyword(name) or name in IMPORTED else name


def method_name(method: str, path: str) -> str:
    """The method for an operation, except for a workflow's start."""
    words = path_segments(path)[1:]
    ends_in_id = bool(words) and is_parameter(words[-1])
    words = [word for word in words if not is_parameter(word)]

    if ends_in_id:
        if words and (method, words[-1]) in REDUNDANT:
            words = words[:-1]
        words.append(ID_METHODS.get(method, method))
    elif words and method == "get" and words[-1] == "detail":
        words[-1] = "get"
    elif words:
        words[-1] = METHODS.get(words[-1], words[-1])
    else:
        words = [method]

    if words[0][:1].isdigit():
        words.insert(0, method)
    return _safe(snake("_".join("_".join(_words(word)) for word in words)), RESERVED_METHODS)


def literal_name(path: str) -> str:
    """A method named after the last word of its path, where the standard term is taken."""
    words = [word for word in path_segments(path)[1:] if not is_parameter(word)]
    return _safe(snake("_".join("_".join(_words(word)) for word in words)), RESERVED_METHODS) if words else ""


def keyword_name(wire_name: str) -> str:
    """The Python keyword for a parameter or a body member."""
    return _safe(snake(wire_name), RESERVED_KEYWORDS)


def field_name(wire_name: str) -> str:
    """The attribute of a record for a member of a reply."""
    return _safe(snake(wire_name), RESERVED_FIELDS)
