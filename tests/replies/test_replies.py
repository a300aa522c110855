"""Replies as the service, or something in front of it, gives them: paid work must survive each of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from anyio import to_thread

from tests.replies.likely import likely
from tests.replies.player import Case, differences, met, play
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

CASES = [*met(), *likely()]


@pytest.fixture
def without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do the work of threads in the event loop, whose time would jump while a thread works."""

    async def run_here(work: Callable[..., Any], *args: Any, **_options: Any) -> Any:
        return work(*args)

    inline: Callable[..., Awaitable[Any]] = run_here
    monkeypatch.setattr(to_thread, "run_sync", inline)


@pytest.mark.anyio
@pytest.mark.usefixtures("without_threads")
@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
async def test_a_reply(case: Case) -> None:
    seen = await play(case)
    found = differences(case, seen)
    assert not found, f"{'; '.join(found)}\nexpected {case.expected}\ncame {seen}"


def test_ids_are_unique() -> None:
    ids = [case.id for case in CASES]
    assert len(ids) == len(set(ids))
