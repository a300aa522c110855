"""Markers: the text in a task's name that proves which start made it."""

from __future__ import annotations

import re

import pytest

from a2e_async._spec.field import Field
from a2e_async.markers import foreign_marker, has_marker, new_marker, with_marker, without_marker
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


@pytest.mark.parametrize("length", [17, 18, 19, 25, 40, 255])
@pytest.mark.parametrize("name", [None, "k", "My kite over the sea", "风筝" * 200])
def test_a_name_is_shortened_to_leave_room_for_the_whole_marker(length: int, name: str | None) -> None:
    marker = new_marker()
    named = with_marker(
        {"name": name} if name else {}, marker, "pictures", Field("name", str, max_length=length)
    )
    assert named["name"].endswith(marker)
    assert len(named["name"]) <= length
    assert (name or "pictures").startswith(without_marker(named["name"]))


@pytest.mark.parametrize(
    "pattern", [r"^[A-Za-z0-9 -]+$", r"^\w+$", r"^[a-z0-9]+$", r"^[\w-]{1,30}$", r"^\S+$"]
)
def test_the_marker_matches_the_pattern(pattern: str) -> None:
    field = Field("name", str, pattern=pattern)
    marker = new_marker(field)
    name = with_marker({"name": "kite"}, marker, "pictures", field)["name"]
    assert has_marker(name, marker)
    field.check(name)
    assert without_marker(name) == "kite"


@pytest.mark.parametrize("field", [Field("name", str, max_length=15), Field("name", str, pattern="^[A-Z]+$")])
def test_a_field_without_room_for_a_marker_keeps_its_name(field: Field) -> None:
    assert with_marker({"name": "KITE"}, new_marker(field), "pictures", field) == {"name": "KITE"}


@pytest.mark.parametrize(
    "name",
    ["", "My kite", "a2e", "Try a2e-international", "order-7", "a2e-short2", "a2e-abcdefghijk234 kite"],
)
def test_a_name_without_a_marker_at_its_end_stays(name: str) -> None:
    assert without_marker(name) == name


def test_a_name_copied_from_another_task_loses_that_tasks_marker() -> None:
    first, second = new_marker(), new_marker()
    copied = with_marker({"name": "kite"}, first, "pictures")
    assert with_marker(copied, second, "pictures") == {"name": f"kite {second}"}


def test_markers_that_the_service_rewrites() -> None:
    marker = "a2e-abcdefghij234"
    for name in (
        "kite a2e-abcdefghij234",
        "KITE A2E-ABCDEFGHIJ234",
        "kite_a2e_abcdefghij234",
        "a2eabcdefghij234",
    ):
        assert has_marker(name, marker)
        assert foreign_marker(name, marker) is None
        assert foreign_marker(name, new_marker()) is not None
    assert not has_marker("order-71", "order-7")
    assert has_marker("kite order-7", "order-7")
    assert foreign_marker("kite", marker) is None


async def test_a_record_shows_the_name_as_it_was_given() -> None:
    service = Service()
    pictures = Pictures(client(service))
    task = await pictures(prompt="a kite", extra_body={"name": "My kite"}).start()
    assert task.record.name == "My kite"
    assert str(task.record.raw["name"]).startswith("My kite a2e-")
    assert [record.name async for record in pictures.list()] == ["My kite"]
