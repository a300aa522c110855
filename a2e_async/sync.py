"""The client without ``await``: ``from a2e_async.sync import A2E``.

It has the names, arguments and errors of `a2e_async`. Whatever is awaited there blocks here: the work is done
in an event loop in a thread of the client, and there is no second implementation. Async iterators are
iterators, ``async with`` is ``with``, and ``aclose`` is ``close``. See docs/sync.md.
"""

from __future__ import annotations

import importlib
from typing import Any

import a2e_async

__all__ = list(a2e_async.__all__)  # pyright: ignore[reportUnsupportedDunderAll] # sync.pyi lists them

# Classes that only annotations need to name.
_RETURNED = {
    "Api": "a2e_async.api",
    "FileStream": "a2e_async._files.reading",
    "RowJobs": "a2e_async.row_jobs",
    "TaskUpdates": "a2e_async.task_updates",
}


def __getattr__(name: str) -> Any:
    if name == "A2E":
        from a2e_async._sync.client import A2E

        value: Any = A2E
    else:
        value = _counterpart(name)
    globals()[name] = value
    return value


def _counterpart(name: str) -> Any:
    """What a name of the async client means here. The resources' classes have names too."""
    if name in __all__:
        value = getattr(a2e_async, name)
    elif name in _RETURNED:
        value = getattr(importlib.import_module(_RETURNED[name]), name)
    elif not name.startswith("_"):
        value = _resource_class(name)
    else:
        value = None
    if value is None:
        raise AttributeError(f"module 'a2e_async.sync' has no attribute {name!r}")

    from a2e_async._sync.face_classes import face_class, is_live

    return face_class(value) if isinstance(value, type) and is_live(value) else value


def _resource_class(name: str) -> Any:
    resources = importlib.import_module("a2e_async.api").RESOURCES
    for place in resources.values():
        module, _, found = place.partition(":")
        if found == name:
            return getattr(importlib.import_module(module), name)
    return None


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
