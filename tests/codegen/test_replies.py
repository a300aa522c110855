"""Replies in every shape: typed by the generator, and decoded from a service that answers so."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from a2e_async import UnexpectedReply
from codegen.document.complete import complete
from codegen.generate import interface_of
from tests.codegen.documents import document, family
from tests.codegen.shapes import Recorder, generated, op, query, reply

STRING, NUMBER = {"type": "string"}, {"type": "number"}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def gives(schema: Any, status: str = "200", media_type: str = "application/json") -> dict[str, Any]:
    return {"responses": reply(schema, status, media_type)}


RECORD = obj(size=NUMBER, label=STRING)
PATHS: dict[str, Any] = {
    "get /things/bare": gives(RECORD),
    "get /things/charset": gives(obj(data=RECORD), media_type="application/json; charset=utf-8"),
    "get /things/vendor": gives(obj(data=RECORD), media_type="application/vnd.api+json"),
    "get /things/anything": gives(obj(data=RECORD), media_type="*/*"),
    "post /things/created": gives(obj(data=RECORD), "201"),
    "post /things/accepted": gives(RECORD, "202"),
    "put /things/nothing": {"responses": {"204": {"description": ""}}},
    "post /things/range": gives(RECORD, "2XX"),
    "get /things/default": gives(RECORD, "default"),
    "get /things/both": {"responses": {"200": {"description": ""}, **reply(RECORD, "201")}},
    "get /things/rows": gives({"type": "array", "items": RECORD}),
    "get /things/envelope": gives(obj(code=NUMBER, message=STRING)),
    "get /things/either": gives(obj(data={"anyOf": [ref("Pic"), ref("Clip")],
                                          "discriminator": {"propertyName": "kind"}})),
    "get /things/deep": gives(obj(data=obj(task=obj(result=RECORD), quota=NUMBER))),
    "get /things/tree": gives(obj(data=ref("Tree"))),
    "get /things/json": gives(obj(data=ref("Json"))),
    "get /things/nullable": gives(obj(data=obj(pic={"allOf": [ref("Pic")], "nullable": True}))),
    "get /things/audio": gives({"type": "string", "format": "binary"}, media_type="audio/mpeg"),
    "get /things/text": gives(STRING, media_type="text/plain"),
    "get /things/list": {**gives(obj(voices={"type": "array", "items": RECORD}, next=STRING)),
                         "parameters": [query("page", {"type": "integer"}),
                                        query("page_size", {"type": "integer", "minimum": 1})]},
}  # fmt: skip
SCHEMAS: dict[str, Any] = {
    "Pic": obj(kind=STRING, width=NUMBER),
    "Clip": obj(kind=STRING, seconds=NUMBER),
    "Tree": obj(name=STRING, children={"type": "array", "items": ref("Tree")}),
    "Json": {"anyOf": [STRING, NUMBER, {"type": "array", "items": ref("Json")},
                       {"type": "object", "additionalProperties": ref("Json")}]},
}  # fmt: skip


@pytest.fixture(scope="module")
def module() -> Any:
    made = document()["components"]
    return generated({key: op(**one) for key, one in PATHS.items()},
                     components={**made, "schemas": SCHEMAS})["things"]  # fmt: skip


async def got(module: Any, name: str, answer: Any, **values: Any) -> Any:
    """What a call returns if the service answers so."""
    made = answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)
    async with Recorder(lambda _: made).client() as client:
        return await getattr(module.Things(client), name)(**values)


ONE = {"size": 2.5, "label": "x"}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("bare", ONE),
        ("charset", {"code": 0, "data": ONE}),
        ("vendor", {"data": ONE}),
        ("anything", {"code": 0, "data": ONE}),
        ("created", httpx.Response(201, json={"code": 0, "data": ONE})),
        ("accepted", httpx.Response(202, json=ONE)),
        ("range", httpx.Response(203, json=ONE)),
        ("default", ONE),
        ("both", httpx.Response(201, json=ONE)),
    ],
)
async def test_a_record_comes_in_any_wrapping(name: str, answer: Any, module: Any) -> None:
    record = await got(module, name, answer)
    assert (record.size, record.label) == (2.5, "x")


@pytest.mark.anyio
async def test_nothing_lists_and_bare_envelopes(module: Any) -> None:
    assert not await got(module, "nothing", httpx.Response(204))
    assert [one.size for one in await got(module, "rows", [ONE, ONE])] == [2.5, 2.5]
    assert module.ENVELOPE.reply is module.raw


@pytest.mark.anyio
async def test_alternatives_are_one_record_with_the_members_of_all(module: Any) -> None:
    pic = await got(module, "either", {"data": {"kind": "pic", "width": 3}})
    clip = await got(module, "either", {"data": {"kind": "clip", "seconds": 4}})
    assert (pic.kind, pic.width, pic.seconds) == ("pic", 3, None)
    assert (clip.kind, clip.width, clip.seconds) == ("clip", None, 4)


@pytest.mark.anyio
async def test_objects_inside_objects_and_inside_themselves(module: Any) -> None:
    deep = await got(module, "deep", {"data": {"task": {"result": ONE}, "quota": 5}})
    assert (deep.task.result.size, deep.quota) == (2.5, 5)
    tree = await got(module, "tree", {"data": {"name": "a", "children": [{"name": "b"}]}})
    assert tree.children[0].name == "b"
    assert await got(module, "json", {"data": ["x"]}) == ["x"]
    assert (await got(module, "nullable", {"data": {"pic": {"width": 1}}})).pic.width == 1
    assert (await got(module, "nullable", {"data": {"pic": None}})).pic is None


@pytest.mark.anyio
async def test_files_and_texts_are_replies_too(module: Any) -> None:
    sound = httpx.Response(200, content=b"\xff\xfb\x00", headers={"content-type": "audio/mpeg"})
    assert await got(module, "audio", sound) == b"\xff\xfb\x00"
    words = httpx.Response(200, content="hä".encode(), headers={"content-type": "text/plain"})
    assert await got(module, "text", words) == "hä"

    page = httpx.Response(200, content=b"<html>busy</html>", headers={"content-type": "text/html"})
    with pytest.raises(UnexpectedReply, match="HTML"):
        await got(module, "audio", page)
    with pytest.raises(UnexpectedReply, match="content of a file"):
        await got(module, "audio", {"code": 0, "data": {"url": "x"}})


@pytest.mark.anyio
async def test_a_list_is_found_under_any_name(module: Any) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        first = request.url.params["page"] == "1"
        return httpx.Response(200, json={"voices": [ONE] if first else [], "next": "x"})

    async with Recorder(answer).client() as client:
        assert [one.label async for one in module.Things(client).list(page_size=1)] == ["x"]


# ── Records of tasks ───────────────────────────────────────────────────────────────────────────────


def attributes(made: dict[str, Any], name: str = "NewThingRecord") -> set[str]:
    """The attributes of the task's record, after the completion."""
    complete(made)
    (module,) = interface_of(made).modules
    (record,) = [one for one in module.records if one.name == name]
    assert module.record_type == name
    assert all(one.reply.element == name for one in module.methods if one.is_start)
    return {one.name for one in record.attributes}


def declared(start: Any = None, detail: Any = None, **schemas: Any) -> dict[str, Any]:
    """A family whose start and detail reply so."""
    made = document(family("userNewThing"))
    made["components"]["schemas"] = schemas
    if start is not None:
        made["paths"]["/api/v1/userNewThing/start"]["post"]["responses"] = reply(start)
    if detail is not None:
        made["paths"]["/api/v1/userNewThing/{_id}"]["get"]["responses"] = reply(detail)
    return made


BASE = {"_id": STRING, "current_status": STRING}
UPSTREAM = obj(**BASE, upstream_url=STRING, size=NUMBER)
OURS = {**obj(_id=STRING, result_url=STRING, size=STRING), "x-a2e-outputs": ["result_url"]}


def test_an_inline_record_of_a_start_is_kept() -> None:
    made = declared(obj(data=UPSTREAM))
    assert attributes(made) == {"upstream_url", "size"}


def test_a_new_reference_joins_the_record_of_the_overlay() -> None:
    made = declared(obj(data=ref("Task")), Task=UPSTREAM, NewThingRecord=OURS)
    assert attributes(made) == {"upstream_url", "size", "result_url"}
    joined = made["components"]["schemas"]["NewThingRecord"]
    assert joined["x-a2e-outputs"] == ["result_url"]
    # Upstream's word about a member wins.
    (module,) = interface_of(made).modules
    (record,) = [one for one in module.records if one.name == "NewThingRecord"]
    assert {one.name: one.annotation for one in record.attributes}["size"] == "float"


def test_start_and_detail_say_different_things_about_one_record() -> None:
    made = declared(obj(data=obj(_id=STRING, coins_left=NUMBER)), obj(data=ref("Detail")), Detail=UPSTREAM)
    assert attributes(made) == {"coins_left", "upstream_url", "size"}


@pytest.mark.parametrize(
    ("wrap", "path"),
    [
        (lambda one: obj(data=obj(task=one)), "task"),
        (lambda one: obj(data=obj(result=one, count=NUMBER)), "result"),
        (lambda one: obj(code=NUMBER, data=obj(data=obj(task=one))), "data.task"),
        (lambda one: obj(task=one), "task"),
        (lambda one: one, ""),
    ],
)
def test_a_task_is_found_where_the_document_puts_it(wrap: Any, path: str) -> None:
    made = declared(wrap(UPSTREAM), wrap(UPSTREAM))
    assert attributes(made) == {"upstream_url", "size"}
    (module,) = interface_of(made).modules
    (get,) = [one for one in module.methods if one.name == module.routes["get"]]
    assert (get.reply.form, get.reply.element, get.reply.inside) == ("one", "NewThingRecord", path)


@pytest.mark.anyio
async def test_a_wrapped_task_is_read() -> None:
    made = {f"{method} {path}": one for path, item in declared().get("paths", {}).items()
            for method, one in item.items()}  # fmt: skip
    made["get /api/v1/userNewThing/{_id}"]["responses"] = reply(obj(data=obj(task=UPSTREAM)))
    module = generated(made)["new_thing"]
    answer = {"code": 0, "data": {"task": {"_id": "abc", "current_status": "completed", "size": 3}}}
    async with Recorder(answer).client() as client:
        record = await module.NewThing(client).get("abc")
    assert (record.id, record.status, record.size) == ("abc", "completed", 3)
