"""Markers: the text in a task's name that proves which start made it."""

from __future__ import annotations

import re

import pytest

from a2e_async.markers import new_marker, with_marker
from tests.unit.sample import (
    Pictures,
    Service,
    client,
)
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


def test_markers_are_unlike_each_other_and_readable() -> None:
    markers = {new_marker() for _ in range(1000)}
    assert len(markers) == 1000
    assert all(re.fullmatch(r"a2e-[a-z2-7]{13}", marker) for marker in markers)


def test_the_marker_is_at_the_end_of_a_readable_name() -> None:
    assert with_marker({"prompt": "x"}, "a2e-m", "pictures") == {"prompt": "x", "name": "pictures a2e-m"}
    assert with_marker({"name": "My kite"}, "a2e-m", "pictures") == {"name": "My kite a2e-m"}


async def test_two_starts_of_one_job_have_markers_of_their_own() -> None:
    service = Service()
    job = Pictures(client(service))(prompt="a kite")
    await job.start()
    await job.start()
    assert len({task["name"] for task in service.tasks}) == 2
    assert "name" not in job.body


async def test_a_given_marker_is_used() -> None:
    service = Service()
    await Pictures(client(service))(prompt="a kite").start(marker="order-7")
    assert service.tasks[0]["name"] == "pictures order-7"
