"""Local files wherever the API wants a URL. They are uploaded once, and before the start."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Any

import pytest

from a2e_async import A2E, InvalidArgument, Job, Upload
from a2e_async.api import RESOURCES
from a2e_async.sandbox import Faults, Sandbox, VirtualClock, media
from tests.conformance.samples import Place, media_url, places_of, with_value
from tests.conformance.workflows import BESIDES, operations_of

pytestmark = pytest.mark.anyio

PLACES = [
    (resource, constant, place)
    for resource in RESOURCES
    for constant, operation in operations_of(resource).items()
    for place, _ in places_of(operation)
]
NAMES = [f"{resource}.{constant}: {'.'.join(map(str, place))}" for resource, constant, place in PLACES]


def shown(place: Place) -> str:
    """The place as error messages show it."""
    text = str(place[0])
    for part in place[1:]:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text


def at(body: Any, place: Place, names: Mapping[str, str]) -> Any:
    """The value at a place of a body, whose members have their names on the wire."""
    value = body[names[str(place[0])]]
    for part in place[1:]:
        value = value[part]
    return value


def method_of(a2e: A2E, resource: str, constant: str) -> Any:
    found = getattr(a2e, resource)
    return found if constant == "START" else getattr(found, constant.lower())


def arguments_with(resource: str, constant: str, place: Place, value: Any) -> dict[str, Any]:
    operation = operations_of(resource)[constant]
    besides = {name: given for name, given in BESIDES.get(operation.path, {}).items() if name != place[0]}
    return with_value(operation, place, value, **besides)


def file_for(place: Place, folder: Path, content: str) -> Path:
    """A real file of the kind that a place takes, different from all others."""
    name = next(str(part) for part in reversed(place) if isinstance(part, str))
    suffix = "mp4" if content.startswith("dubbing") else media_url(name).rpartition(".")[2]
    path = folder / f"given.{suffix}"
    path.write_bytes(media.make(suffix, content))
    return path


def test_there_are_places_for_media_in_fields_lists_and_objects() -> None:
    shapes = {tuple(type(part) for part in place[1:]) for _, _, place in PLACES}
    assert shapes == {(), (int,), (int, str), (str, int, str)}
    assert {resource for resource, *_ in PLACES} > {"image_to_video", "face_swap_image", "custom_background"}
    assert ("wan25", "START", ("reference_media", 0, "url")) in PLACES
    assert ("kling_omni", "START", ("image_list", 0)) in PLACES
    assert not [place for *_, place in PLACES if "webhook" in str(place)]


@pytest.mark.parametrize(("resource", "constant", "place"), PLACES, ids=NAMES)
async def test_a_path_is_uploaded_and_its_url_is_sent(
    resource: str, constant: str, place: Place, a2e: A2E, sandbox: Sandbox, tmp_path: Path, anyio_backend: str
) -> None:
    file = file_for(place, tmp_path, f"{resource} {constant} {place} {anyio_backend}")
    before = sandbox.ledger
    call = method_of(a2e, resource, constant)(**arguments_with(resource, constant, place, file))

    if isinstance(call, Job):
        uploaded = await call.with_uploads()
        names = {field.name: field.wire_name for field in call.operation.body}
        url = at(uploaded.body, place, names)
        assert url.startswith(sandbox.files_origin)
        task = await call.start()
        assert at(task.record.raw, place, names) == url
        if resource == "voice":
            await task.wait()
    else:
        assert isinstance(call, Awaitable)
        await call

    after = sandbox.ledger
    assert sum(after.uploads.values()) == sum(before.uploads.values()) + 1
    assert after.presigns.total() == before.presigns.total() + 1


@pytest.mark.parametrize(("resource", "constant", "place"), PLACES, ids=NAMES)
def test_a_text_that_is_no_url_is_refused_by_name(resource: str, constant: str, place: Place) -> None:
    a2e = A2E(token="sk_x")
    for wrong in ("given.png", "./in/given.png", "C:\\given.png", "~/given.png", "", "a b"):
        with pytest.raises(InvalidArgument, match="is not a URL") as caught:
            _check(method_of(a2e, resource, constant)(**arguments_with(resource, constant, place, wrong)))
        assert caught.value.field == shown(place)


def _check(call: Any) -> None:
    """Run a coroutine up to its first await: by then it has checked its arguments."""
    if inspect.iscoroutine(call):
        try:
            call.send(None)
        finally:
            call.close()


@pytest.mark.parametrize("wrong", [b"", 5, None, object(), Path("/")])
def test_an_invalid_file_is_refused_by_name(wrong: Any) -> None:
    a2e = A2E(token="sk_x")
    with pytest.raises(InvalidArgument, match="image_url: "):
        a2e.image_to_video(image_url=wrong)

    with pytest.raises(InvalidArgument, match=r"image_urls\[1\]: "):
        a2e.virtual_try_on(image_urls=[b"x", wrong])
    with pytest.raises(InvalidArgument, match=r"reference_media\[0\].url: "):
        a2e.wan25(
            prompt="x",
            model="wan2.7-i2v",
            task_type="reference_image",
            reference_media=[{"type": "reference_image", "url": wrong}],
        )


async def test_a_file_that_does_not_exist_is_refused_by_name_before_anything_is_sent(
    a2e: A2E, sandbox: Sandbox
) -> None:
    gone = Path("/nowhere/at/all.png")
    jobs: dict[str, Job[Any]] = {
        "image_url: ": a2e.image_to_video(image_url=gone),
        r"image_urls\[1\]: ": a2e.virtual_try_on(image_urls=[b"x", gone]),
        r"reference_media\[0\].url: ": a2e.wan25(
            prompt="x",
            model="wan2.7-i2v",
            task_type="reference_image",
            reference_media=[{"type": "reference_image", "url": gone}],
        ),
    }
    before = sandbox.ledger.presigns.total(), sandbox.ledger.made()

    for message, job in jobs.items():
        with pytest.raises(InvalidArgument, match=message):
            await job.start()
    assert (sandbox.ledger.presigns.total(), sandbox.ledger.made()) == before


async def test_each_content_once_whatever_it_came_as(a2e: A2E, sandbox: Sandbox, tmp_path: Path) -> None:
    content = media.make("png", "the same")
    path = tmp_path / "cat.png"
    path.write_bytes(content)
    upload = await a2e.upload(content)
    assert isinstance(upload, Upload)

    before = sandbox.ledger
    jobs: list[Job[Any]] = [
        a2e.virtual_try_on(image_urls=[path, content, upload, upload.url]),
        a2e.image_to_video(image_url=path, model_type="FLF2V", end_image_url=content),
    ]
    tasks = [await job.start() for job in jobs]

    assert tasks[0].record.raw["image_urls"] == [upload.url] * 4
    assert sandbox.ledger.presigns.total() == before.presigns.total()
    assert sum(sandbox.ledger.uploads.values()) == sum(before.uploads.values())


async def test_files_of_one_job_go_up_together_and_before_the_start() -> None:
    clock = VirtualClock(auto=True)
    slow = Faults(operations="upload", latency=30)

    with Sandbox(clock=clock, faults=slow) as sandbox:
        async with A2E(token=sandbox.token, base_url=sandbox.url, clock=clock) as a2e:
            pictures = [media.make("png", f"number {number}") for number in range(4)]
            began = clock.now()
            task = await a2e.virtual_try_on(image_urls=pictures).start()
            assert clock.now() - began < 60, "one after the other they would take 120 s"

        urls = task.record.raw["image_urls"]
        assert len(set(urls)) == 4

        started = next(entry for entry in sandbox.ledger.of("virtual_try_on"))
        assert started.created_at - began >= 30


async def test_a_file_that_cannot_go_up_starts_nothing(a2e: A2E, sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "gone.png"
    path.write_bytes(media.make("png", "soon gone"))
    job = a2e.image_to_video(image_url=path)
    path.unlink()
    made = sandbox.ledger.made()
    with pytest.raises(InvalidArgument):
        await job.start()
    assert sandbox.ledger.made() == made


def test_every_start_with_media_takes_a_url_as_it_is() -> None:
    a2e = A2E(token="sk_x")
    for resource, constant, place in PLACES:
        if constant == "START":
            url = media_url("any")
            job = getattr(a2e, resource)(**arguments_with(resource, constant, place, url))
            names = {field.name: field.wire_name for field in job.operation.body}
            assert at(job.body, place, names) == url
