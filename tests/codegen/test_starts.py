"""Starts under other names, and names that meet: one generation, then everything is played."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from a2e_async import A2E
from codegen.changes.report import Compared, report_of
from codegen.document.complete import complete
from codegen.document.tree import SpecError
from codegen.generate import interface_of
from codegen.interface.families import families
from tests.codegen.documents import Document, body, document, family, fields, id_parameter, operation
from tests.codegen.shapes import Recorder, generated, op, query, reply
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

TEXT: Document = {"type": "string"}
TASK: Document = {"type": "object", "properties": {"id": TEXT, "status": TEXT, "url": TEXT}}
RENAMED: Document = {"type": "object", "properties": {"id": TEXT, "aspectRatio": TEXT, "aspect_ratio": TEXT}}
FOLDER: Document = {"type": "object", "properties": {"id": TEXT, "title": TEXT}}
ACCOUNT: Document = {
    "type": "object",
    "properties": {"id": TEXT, "status": {"type": "string", "enum": ["active", "closed"]}},
}
PROMPT = fields(["prompt"], prompt=TEXT, name=TEXT)


def rest(name: str, word: str = "", record: Document = TASK, method: str = "post", **more: Any) -> Document:
    """A plain REST family: one path for its tasks, one for a task."""
    start = f"/api/v1/{name}/{word}".rstrip("/")
    return {
        f"{method} {start}": op(requestBody=PROMPT, **more),
        f"get /api/v1/{name}": op(responses=reply({"type": "array", "items": record})),
        f"get /api/v1/{name}/{{id}}": op(parameters=[id_parameter("id")], responses=reply(record)),
        f"delete /api/v1/{name}/{{id}}": op(parameters=[id_parameter("id")]),
    }


PATHS: Document = {
    **rest("novas"),
    **rest("creates", "create"),
    **rest("submits", "submitJob"),
    **rest("runs", "run"),
    **rest("generates", "generate"),
    **rest("puts", "start", method="put"),
    **rest("bareputs", method="put"),
    **rest("seconds", "start"),
    "post /api/v1/seconds/startPro": op(requestBody=PROMPT),
    **rest("odds", "imagine", responses=reply(TASK)),
    **rest("hooked", record=FOLDER),
    "post /api/v1/hooked": op(requestBody=fields(prompt=TEXT, webhook_url=TEXT)),
    **rest("told", "conjure", record=FOLDER, **{"x-a2e-role": "start"}),
    **rest("onlies", "imagine"),
    # What nothing proves, or what cannot be a job.
    **rest("folders", record=FOLDER),
    **rest("makes", "create", record=FOLDER),
    **rest("accounts", record=ACCOUNT),
    **rest("patches", "start", method="patch"),
    **rest("twos", "imagine"),
    "post /api/v1/twos/dream": op(requestBody=PROMPT),
    **rest("arrays", "create"),
    "post /api/v1/arrays/create": op(
        requestBody={"content": {"application/json": {"schema": {"type": "array", "items": TEXT}}}}
    ),
    "post /api/v1/deep/{model}/start": op(parameters=[id_parameter("model")], requestBody=PROMPT),
    **rest("plain", "start"),
    "post /api/v1/plain/startTimer": op(requestBody=fields(seconds={"type": "integer"})),
    "get /api/v1/plain": op(),
    "get /api/v1/plain/{id}": op(parameters=[id_parameter("id")]),
    # Names that meet.
    "post /api/v1/userTwin/start": op(requestBody=PROMPT),
    "post /api/v1/twin/start": op(requestBody=PROMPT),
    "post /api/v1/twin-/start": op(requestBody=PROMPT),
    **rest("renames", "start", record=RENAMED),
    "post /api/v1/renames/start": op(
        requestBody=fields(
            ["_id"],
            aspectRatio=TEXT,
            aspect_ratio={**TEXT, "maxLength": 5},
            id=TEXT,
            _id=TEXT,
            oldSize={**TEXT, "deprecated": True},
            **{"old-size": TEXT},
        )
    ),
    "get /api/v1/renames/search": op(parameters=[query("sortBy", TEXT), query("sort_by", TEXT)]),
}
WORKFLOWS = (
    *("novas", "creates", "submits", "runs", "generates", "puts", "bareputs", "seconds", "odds", "hooked"),
    *("told", "onlies"),
)


@pytest.fixture(scope="module")
def modules() -> dict[str, Any]:
    return generated(PATHS)


class Tasks:
    """A service that makes tasks under any path. Each has ended when it is looked at."""

    def __init__(self) -> None:
        self.made: dict[str, dict[str, Any]] = {}
        self.lost = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        last = request.url.path.rpartition("/")[2]

        if request.method in ("POST", "PUT"):
            task = {"id": f"t{len(self.made)}", "status": "queued", **json.loads(request.content)}
            self.made[task["id"]] = task
            if self.lost:
                self.lost -= 1
                raise httpx.ReadError("lost", request=request)
            return httpx.Response(200, json=task)

        if last in self.made:
            done = {"status": "completed", "url": "https://cdn.example/a.png"}
            return httpx.Response(200, json={**self.made[last], **done})
        return httpx.Response(200, json=list(self.made.values())[::-1])


def resource(modules: dict[str, Any], name: str, client: A2E) -> Any:
    return getattr(modules[name], name.capitalize())(client)


async def test_starts_under_other_names_make_jobs(modules: dict[str, Any]) -> None:
    for name in WORKFLOWS:
        seen = Recorder(Tasks())
        async with seen.client() as a2e:
            workflow = resource(modules, name, a2e)
            result = await workflow(prompt="p").run(timeout=60)
            assert list(result.urls) == ["https://cdn.example/a.png"], name
            assert [one.id async for one in workflow.list()] == ["t0"]
            await workflow.delete("t0")

        first = seen.requests[0]
        assert first.method == ("PUT" if "put" in name else "POST")
        assert ("name" in json.loads(first.content)) == (name != "hooked")
        assert seen.last.method == "DELETE"


async def test_the_task_of_a_lost_answer_is_found_in_a_bare_list(modules: dict[str, Any]) -> None:
    service = Tasks()
    service.lost = 1
    seen = Recorder(service)
    async with seen.client() as a2e:
        task = await resource(modules, "bareputs", a2e)(prompt="p").start()
        assert task.id == "t0"
    assert [one.method for one in seen.requests] == ["PUT", "GET"]


async def test_a_second_start_makes_jobs_too(modules: dict[str, Any]) -> None:
    seen = Recorder(Tasks())
    async with seen.client() as a2e:
        workflow = resource(modules, "seconds", a2e)
        async with a2e.bulk([workflow(prompt="a"), workflow.start_pro(prompt="b")]) as run:
            outcomes = [one async for one in run]

        assert [one.error for one in outcomes] == [None, None]
        assert workflow.start_pro(prompt="b").to_dict()["method"] == "start_pro"
        assert workflow.start_operation("start_pro") is modules["seconds"].START_PRO
    assert {one.url.path for one in seen.requests if one.method == "POST"} == {
        "/api/v1/seconds/start",
        "/api/v1/seconds/startPro",
    }


async def test_what_cannot_be_a_job_is_a_plain_method(modules: dict[str, Any]) -> None:
    seen = Recorder({"id": "f1", "title": "t"})
    async with seen.client() as a2e:
        folders = resource(modules, "folders", a2e)
        for name in ("folders", "makes", "accounts", "patches", "twos"):
            assert not hasattr(resource(modules, name, a2e), "routes")
        await folders.post(prompt="p")
        assert seen.sent == {"prompt": "p"}
        await resource(modules, "arrays", a2e).create(body=["a"])
        assert seen.sent == ["a"]
        await resource(modules, "deep", a2e).start(model="m1", prompt="p")
        assert seen.last.url.path == "/api/v1/deep/m1/start"


async def test_two_spellings_are_two_keywords(modules: dict[str, Any]) -> None:
    seen = Recorder({"id": "f1"})
    async with seen.client() as a2e:
        renames = resource(modules, "renames", a2e)
        job = renames(id="own", aspect_ratio="16:9", aspectRatio="o", id_2="other", old_size="s", oldSize="t")
        # The one that is required, is not deprecated or is spelled like the keyword has the usual name.
        assert job.body == {
            "_id": "own",
            "id": "other",
            "aspect_ratio": "16:9",
            "aspectRatio": "o",
            "old-size": "s",
            "oldSize": "t",
        }

        await renames.search(sort_by="a", sortBy="b")
        assert dict(seen.last.url.params) == {"sort_by": "a", "sortBy": "b"}
    record = modules["renames"].RenamesRecord.decode({"id": "a", "aspectRatio": "1:1", "aspect_ratio": "2:1"})
    assert (record.aspect_ratio, record.aspectRatio) == ("2:1", "1:1")


def test_equal_titles_are_classes_of_their_own() -> None:
    def titled(title: str, **properties: Document) -> Document:
        return {"type": "object", "title": title, "properties": properties}

    both = titled("Body", a=titled("Options", x=TEXT), b=titled("Options", y=TEXT))
    paths: Document = {
        "post /api/v1/titles/start": op(requestBody=body(both), responses=reply(titled("Reply", id=TEXT))),
        "post /api/v1/titles/edit": op(requestBody=body(titled("Body", a=titled("options", z=TEXT)))),
        "get /api/v1/titles/{id}": op(
            parameters=[id_parameter("id")],
            responses=reply(titled("Reply", id=TEXT, note=titled("Reply", q=TEXT))),
        ),
    }
    module = generated(paths)["titles"]
    assert set(module.A.__annotations__) == {"x"}
    assert set(module.B.__annotations__) == {"y"}
    assert module.TitlesRecord.decode({"id": "a", "note": {"q": "n"}}).note.q == "n"


def test_two_families_of_one_name_are_numbered(modules: dict[str, Any]) -> None:
    paths = {name: modules[name].START.path for name in ("twin", "twin_2", "twin_3")}
    assert paths == {
        "twin": "/api/v1/userTwin/start",  # with the usual prefix
        "twin_2": "/api/v1/twin/start",
        "twin_3": "/api/v1/twin-/start",
    }


def compared(paths: Document) -> Compared:
    made: Document = {}
    for key, one in paths.items():
        method, path = key.split()
        made.setdefault(path, {})[method] = one
    whole = document({**family("userNewThing"), **made})
    complete(whole)
    return Compared(whole, interface_of(whole))


def test_the_summary_says_what_was_not_taken_for_a_start() -> None:
    told = report_of(compared({}), compared(PATHS), "1.0.0").notes
    text = "\n".join(told)

    cure = """{target: "$.paths['/api/v1/makes/create'].post", update: {x-a2e-role: start}}"""
    for line in (
        "POST /api/v1/makes/create: a2e.makes.create() is a plain method, because nothing shows that it",
        f"; if it starts tasks, add to overlay.yaml: {cure}",
        "POST /api/v1/folders: a2e.folders.post() is a plain method",
        "a2e.arrays.create() is a plain method, because its body is no JSON object",
        "a2e.deep.start() is a plain method, because its path has parameters",
        "a2e.plain.start_timer() is a plain method, because nothing shows that it makes the same tasks",
        "/api/v1/twin/start: the family is a2e.twin_2, because /api/v1/userTwin/start is a2e.twin",
        "a2e.renames(): keyword aspect_ratio is sent as 'aspect_ratio'; 'aspectRatio' beside it is keyword",
    ):
        assert line in text
    for line in (
        "PATCH /api/v1/patches/start: a2e.patches.start() is a plain method, because a start is a POST or",
        "POST /api/v1/twos/dream: a2e.twos.dream() is a plain method, because it is not clear",
        "POST /api/v1/novas: taken for a start of tasks; if it is none, add to overlay.yaml",
        "a2e.twin: no operation is known to list its tasks, so a start whose answer is lost stays uncertain",
    ):
        assert line in text
    assert report_of(compared(PATHS), compared(PATHS), "1.0.0").notes == []


def test_the_overlay_gives_every_role() -> None:
    paths = {
        "/api/v1/x/forge": {"post": operation(requestBody=PROMPT, **{"x-a2e-role": "start"})},
        "/api/v1/x/look": {
            "get": operation(parameters=[query("id", TEXT, required=True)], **{"x-a2e-role": "get"})
        },
        "/api/v1/x/all2": {"get": operation(**{"x-a2e-role": "list"})},
        "/api/v1/x/many": {"post": operation(**{"x-a2e-role": "batch_detail"})},
        "/api/v1/x/drop": {"post": operation(**{"x-a2e-role": "delete"})},
        "/api/v1/x/start": {"post": operation(**{"x-a2e-role": "none"})},
    }
    found = families(document(paths))["x"]
    roles = (found.start, found.get, found.list, found.batch_detail, found.delete)
    assert [one and one.tail for one in roles] == [("forge",), ("look",), ("all2",), ("many",), ("drop",)]

    paths["/api/v1/x/drop"]["post"]["x-a2e-role"] = "stop"
    with pytest.raises(SpecError, match=r"drop/post.*x-a2e-role is 'stop', not one of start, get"):
        families(document(paths))
