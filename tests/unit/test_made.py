"""A Result as the input of another job, its files in memory, and tasks that are deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from a2e_async import DownloadError, InvalidArgument, Outcome, Result, TaskNotFound
from a2e_async._spec.field import Field
from a2e_async._spec.media import Upload, is_file
from a2e_async._spec.values import plain
from a2e_async.client_events import ClientEvent, Downloaded, Failed
from a2e_async.errors import ConfigurationError, TaskFailed
from a2e_async.tasks import Task
from tests.unit.sample import Pictures, Service, Sketches, client, ok, refused

CDN = "https://cdn.test"


def made(*names: str, workflow: Pictures | None = None) -> Result[Any]:
    urls = [f"{CDN}/{name}" for name in names]
    workflow = workflow or Pictures(client(Service()))
    record = {"_id": "a1", "current_status": "completed", "image_urls": urls}
    return Result(task=Task(workflow, [record]), records=(workflow.decode(record),))


WORKFLOW = Pictures(client(Service()))


def test_a_result_stands_for_its_url() -> None:
    job = WORKFLOW(prompt="x", source_url=made("a.png", "b.png"))
    assert job.body["source_url"] == f"{CDN}/a.png"
    assert not is_file(made("a.png"))
    assert job.to_dict()["body"]["source_url"] == f"{CDN}/a.png"


def test_a_list_takes_all_of_a_result_or_one_of_each() -> None:
    job = WORKFLOW(prompt="x", source_urls=made("a.png", "b.png"))  # type: ignore[arg-type]
    assert job.body["source_urls"] == [f"{CDN}/a.png", f"{CDN}/b.png"]
    job = WORKFLOW(prompt="x", source_urls=[made("a.png", "b.png"), Upload(f"{CDN}/c.png", "", 1, "")])
    assert [getattr(each, "url", each) for each in job.body["source_urls"]] == [
        f"{CDN}/a.png",
        f"{CDN}/c.png",
    ]


def test_members_and_bodies_that_nobody_declared_take_it_too() -> None:
    job = WORKFLOW(
        prompt="x", style={"reference_url": made("a.png")}, extra_body={"new": {"image_url": made("b.png")}}
    )
    assert job.body["style"] == {"reference_url": f"{CDN}/a.png"}
    assert job.body["new"] == {"image_url": f"{CDN}/b.png"}
    family = client(Service()).workflow(
        "newFamily", {"image_url": made("a.mp4", "b.png"), "list": [made("c.png")]}
    )
    assert family.body == {"image_url": f"{CDN}/b.png", "list": [f"{CDN}/c.png"]}
    assert plain({"x": [made("c.png")]}, "body") == {"x": [f"{CDN}/c.png"]}


@pytest.mark.parametrize(
    ("field", "taken"),
    [
        ("image_url", "a.png"),
        ("video_url", "b.mp4"),
        ("style.videoUrl", "b.mp4"),
        ("audio_url", "c.mp3"),
        ("voice_audio", "c.mp3"),
        ("face_url", "a.png"),
        ("image_urls[1]", "a.png"),
    ],
)
def test_the_first_of_the_right_kind_is_taken(field: str, taken: str) -> None:
    result = made("a.png", "b.mp4", "c.mp3")
    assert result.urls_for(field)[0] == f"{CDN}/{taken}"
    assert Field(field, str, media=True).check(result) == f"{CDN}/{taken}"


def test_what_cannot_be_right_is_refused_by_name() -> None:
    with pytest.raises(
        InvalidArgument, match="video_url: the Result of pictures is audio and image, not video"
    ):
        made("a.png", "b.mp3").urls_for("video_url")
    assert len(made("a", "b.mp4").urls_for("video_url")) == 2  # who knows what the first one is
    with pytest.raises(InvalidArgument, match="image_url: the Result of pictures has no file"):
        made().urls_for("image_url")
    with pytest.raises(InvalidArgument, match=r"prompt: Result.* is not a string"):
        WORKFLOW(prompt=made("a.png"))  # type: ignore[arg-type]


def test_an_outcome_stands_for_its_result() -> None:
    job: Any = WORKFLOW(prompt="x")
    good = Outcome(job, 0, "k", made("a.png"))
    assert WORKFLOW(prompt="x", source_url=good).body["source_url"] == f"{CDN}/a.png"
    bad = Outcome(job, 0, "k", error=TaskFailed("no face", record=WORKFLOW.decode({})))
    with pytest.raises(InvalidArgument, match=r"source_url: the job k has no Result \(TaskFailed: .*no face"):
        WORKFLOW(prompt="x", source_url=bad)


# Files in memory.

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 10


class Files(Service):
    """The service, and a host of files."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "cdn.test":
            assert "authorization" not in request.headers
            name = request.url.path.rpartition("/")[2]
            if name == "gone.png":
                return httpx.Response(404)
            return httpx.Response(200, content=PNG + name.encode())
        return await super().handle_async_request(request)


@pytest.mark.anyio
async def test_a_file_is_read_into_memory() -> None:
    async with client(Files()) as a2e:
        result = made("a.png", "b.png", workflow=Pictures(a2e))
        assert await result.read() == PNG + b"a.png"
        assert await result.read(1) == PNG + b"b.png"
        assert await result.read(-1) == PNG + b"b.png"

        async with result.stream(1) as file:
            assert (file.name, file.content_type, file.size) == ("b.png", "image/png", len(PNG) + 5)
            assert b"".join([chunk async for chunk in file]) == PNG + b"b.png"


@pytest.mark.anyio
async def test_outside_a_block_connections_are_closed_after_it() -> None:
    a2e = client(Files())
    result = made("a.png", workflow=Pictures(a2e))
    assert await result.read() == PNG + b"a.png"
    assert b"".join([chunk async for chunk in result.stream()]) == PNG + b"a.png"


@pytest.mark.anyio
async def test_listeners_hear_of_what_is_read() -> None:
    events: list[ClientEvent] = []
    async with client(Files(), on_event=events.append) as a2e:
        await made("a.png", workflow=Pictures(a2e)).read()
        with pytest.raises(DownloadError):
            await made("gone.png", workflow=Pictures(a2e)).read()

    done = [event for event in events if isinstance(event, Downloaded)]
    assert [(event.name, event.size, event.content_type) for event in done] == [
        ("a.png", len(PNG) + 5, "image/png")
    ]
    assert len([event for event in events if isinstance(event, Failed)]) == 1


@pytest.mark.anyio
async def test_what_cannot_be_read_says_why() -> None:
    async with client(Files()) as a2e:
        result = made("gone.png", "b.png", workflow=Pictures(a2e))
        with pytest.raises(DownloadError, match=r"404.*expire"):
            await result.read()
        with pytest.raises(
            InvalidArgument, match="index: 2 is out of bounds: the Result has 2 files, from 0 on"
        ):
            await result.read(2)
        with pytest.raises(InvalidArgument, match="index: 'x' is not a whole number"):
            await result.read("x")  # type: ignore[arg-type]
        with pytest.raises(InvalidArgument, match="max_bytes"):
            result.stream(max_bytes=0)
        with pytest.raises(DownloadError, match="at most 10 bytes are allowed"):
            await result.read(1, max_bytes=10)
        with pytest.raises(InvalidArgument, match="the Result of pictures has no file"):
            await made(workflow=Pictures(a2e)).read()


@pytest.mark.anyio
async def test_a_download_takes_the_result_of_a_single_file(tmp_path: Path) -> None:
    async with client(Files()) as a2e:
        saved = await a2e.download(made("a.png", workflow=Pictures(a2e)), tmp_path)
        assert saved.path.read_bytes() == PNG + b"a.png"
        with pytest.raises(InvalidArgument, match=r"several files: await result.download\(folder\)"):
            await a2e.download(made("a.png", "b.png"), tmp_path)


# Tasks that are deleted.


@pytest.mark.anyio
async def test_a_task_is_deleted() -> None:
    service = Service()
    sent: list[tuple[str, str]] = []

    def answer(_: Service, request: httpx.Request) -> httpx.Response | None:
        if request.method != "DELETE":
            return None
        sent.append((request.method, request.url.path.rpartition("/")[2]))
        return refused(404) if sent[-1][1] == "gone" else ok({"message": "deleted"})

    service.before = answer
    async with client(service) as a2e:
        assert await Pictures(a2e).task("a1").delete() is None  # type: ignore[func-returns-value]
        task = Task(Pictures(a2e), [{"_id": "gone"}, {"_id": "b2"}])
        with pytest.raises(TaskNotFound, match="gone"):
            await task.delete()
        assert sent == [("DELETE", "a1"), ("DELETE", "gone"), ("DELETE", "b2")]
        with pytest.raises(ConfigurationError, match="sketches: the API has no way to delete these tasks"):
            await Sketches(a2e).task("a1").delete()
