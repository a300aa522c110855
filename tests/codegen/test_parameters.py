"""Parameters in every place and style: generated from a small document, and sent."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from a2e_async import InvalidArgument
from codegen.document.repair import repair
from tests.codegen.documents import document, operation
from tests.codegen.shapes import Recorder, content, generated, op, query

STRING, INTEGER = {"type": "string"}, {"type": "integer"}
LIST = {"type": "array", "items": STRING}
OBJECT = {"type": "object", "properties": {"a": INTEGER, "b": LIST}}


def takes(*parameters: Any) -> Any:
    return op(parameters=list(parameters))


def path(name: str, schema: Any, **members: Any) -> Any:
    return query(name, schema, "path", required=True, **members)


PATHS = {
    "get /things/styles": takes(
        query("plain", LIST), query("comma", LIST, explode=False),
        query("space", LIST, style="spaceDelimited", explode=False),
        query("pipe", LIST, style="pipeDelimited", explode=False),
        query("deep", OBJECT, style="deepObject"), query("spread", OBJECT),
        query("pairs", OBJECT, explode=False),
        {"name": "json", "in": "query", **content(OBJECT)}, query("flag", {"type": "boolean"}),
    ),
    "get /things/{id}": takes(path("id", STRING)),
    "get /things/pages/{number}": takes(path("number", {**INTEGER, "minimum": 1})),
    "get /things/kinds/{kind}": takes(path("kind", {**STRING, "enum": ["pic", "clip"]})),
    "get /things/names/{owner}/{name}": takes(path("owner", STRING), path("name", STRING)),
    "get /things/dates/{dates}": takes(path("dates", LIST, style="label")),
    "get /things/colours/{colour}": takes(path("colour", STRING, style="matrix")),
    "get /things/several/{ids}": takes(path("ids", LIST)),
    "get /things/heads": takes(
        query("x-lang", STRING, "header"), query("X-Count", INTEGER, "header"),
        query("X-Flags", LIST, "header"), query("X-Filter", {}, "header"),
        query("Authorization", STRING, "header"), query("Accept", STRING, "header"),
        query("session", STRING, "cookie"), query("mode", INTEGER, "cookie"),
    ),
    "post /things/needs": {**takes(query("x-lang", STRING, "header", required=True)),
                           "requestBody": {"required": True, **content({"type": "object", "properties": {
                               "x-lang": STRING}})}},
    "get /things/limits": takes(
        query("low", {**INTEGER, "minimum": 5, "maximum": 10, "default": 0}),
        query("word", {**STRING, "enum": ["a"], "default": "b"}),
        query("above", {"type": "number", "minimum": 0, "exclusiveMinimum": True}),
        query("whole", {**INTEGER, "minimum": 0, "exclusiveMinimum": True}),
        query("eights", {**INTEGER, "multipleOf": 8}),
    ),
    "get /things/shared": takes(query("a", INTEGER)),
}  # fmt: skip


@pytest.fixture(scope="module")
def module() -> Any:
    return generated(PATHS)["things"]


async def sent(module: Any, call: str, /, **values: Any) -> httpx.Request:
    """What a call sends."""
    seen = Recorder()
    async with seen.client() as client:
        await getattr(module.Things(client), call)(**values)
    return seen.last


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"plain": ["x", "y z"]}, [("plain", "x"), ("plain", "y z")]),
        ({"comma": ["x", "y"]}, [("comma", "x,y")]),
        ({"space": ["x", "y"]}, [("space", "x y")]),
        ({"pipe": ["x", "y"]}, [("pipe", "x|y")]),
        ({"deep": {"a": 1, "b": ["x", "y"]}}, [("deep[a]", "1"), ("deep[b]", "x"), ("deep[b]", "y")]),
        ({"spread": {"a": 1, "other": "z"}}, [("a", "1"), ("other", "z")]),
        ({"pairs": {"a": 1, "c": True}}, [("pairs", "a,1,c,true")]),
        ({"json": {"a": 1, "b": ["é"]}}, [("json", '{"a":1,"b":["é"]}')]),
        ({"flag": False}, [("flag", "false")]),
        ({}, []),
    ],
)
async def test_a_query_is_written_in_its_style(values: Any, expected: Any, module: Any) -> None:
    request = await sent(module, "styles", **values)
    assert request.url.params.multi_items() == expected


@pytest.mark.anyio
async def test_typed_parameters_are_checked_in_any_style(module: Any) -> None:
    for values in ({"comma": [1]}, {"deep": {"a": "x"}}, {"json": {"b": "x"}}, {"plain": "x"}):
        with pytest.raises(InvalidArgument):
            await sent(module, "styles", **values)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("get", {"id": "abc"}, "/things/abc"),
        ("pages_get", {"number": 7}, "/things/pages/7"),
        ("kinds_get", {"kind": "clip"}, "/things/kinds/clip"),
        ("kinds_get", {"kind": "newer kind"}, "/things/kinds/newer%20kind"),
        ("names_get", {"owner": "a/b", "name": "sdxl-1.0:é"}, "/things/names/a%2Fb/sdxl-1.0%3A%C3%A9"),
        ("dates_get", {"dates": ["1", "2"]}, "/things/dates/.1,2"),
        ("colours_get", {"colour": "red"}, "/things/colours/;colour=red"),
        ("several_get", {"ids": ["a", "b/c"]}, "/things/several/a,b%2Fc"),
    ],
)
async def test_a_path_takes_numbers_choices_texts_and_lists(
    name: str, values: Any, expected: str, module: Any
) -> None:
    request = await sent(module, name, **values)
    assert request.url.raw_path.decode() == expected


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("get", {"id": "a/b"}),
        ("pages_get", {"number": "7"}),
        ("pages_get", {"number": 0}),
        ("pages_get", {"number": True}),
        ("kinds_get", {"kind": ""}),
        ("names_get", {"owner": "..", "name": "x"}),
        ("names_get", {"owner": "a\nb", "name": "x"}),
        ("names_get", {"owner": "", "name": "x"}),
        ("several_get", {"ids": []}),
    ],
)
async def test_what_could_lead_elsewhere_is_refused(name: str, values: Any, module: Any) -> None:
    with pytest.raises(InvalidArgument):
        await sent(module, name, **values)


@pytest.mark.anyio
async def test_headers_and_cookies_are_keywords_and_sent_only_when_given(module: Any) -> None:
    request = await sent(module, "heads")
    assert not {"x-lang", "x-count", "cookie"} & set(request.headers)
    assert request.headers["authorization"] == "Bearer sk_test"

    request = await sent(
        module, "heads", x_lang="en", x_count=3, x_flags=["a", "b"], session="s 1;é", mode=2,
        extra_headers={"X-Count": "4", "X-Other": "z"},
    )  # fmt: skip
    assert [request.headers[name] for name in ("x-lang", "x-count", "x-flags", "x-other")] == [
        "en", "4", "a,b", "z",
    ]  # fmt: skip
    assert request.headers["cookie"] == "session=s%201%3B%C3%A9; mode=2"

    for wrong in ({"x_lang": "é"}, {"x_lang": "a\r\nb: c"}, {"x_lang": 5}, {"x_count": "x"}):
        with pytest.raises(InvalidArgument):
            await sent(module, "heads", **wrong)
    with pytest.raises(InvalidArgument, match="unknown keyword"):
        await sent(module, "heads", authorization="x")


@pytest.mark.anyio
async def test_a_required_header_is_required_and_differs_from_a_member_of_its_name(module: Any) -> None:
    request = await sent(module, "needs", x_lang="en", body_x_lang="de")
    assert request.headers["x-lang"] == "en"
    assert request.content == b'{"x-lang": "de"}'
    with pytest.raises(InvalidArgument, match="x_lang: is required"):
        await sent(module, "needs", x_lang=None)


@pytest.mark.anyio
async def test_limits_give_way_to_a_default_outside_them(module: Any, caplog: Any) -> None:
    assert (await sent(module, "limits", low=0, word="b")).url.query == b"low=0&word=b"
    assert not caplog.records
    for wrong in ({"low": -1}, {"low": 11}, {"above": 0}, {"whole": 0}, {"eights": 12}):
        with pytest.raises(InvalidArgument):
            await sent(module, "limits", **wrong)
    assert (await sent(module, "limits", above=0.1, whole=1, eights=16)).url.params["eights"] == "16"


@pytest.mark.parametrize(
    ("schema", "mended", "words"),
    [
        ({"type": "integer", "minimum": 5, "default": 1}, {"minimum": 1}, "minimum: 5 becomes 1"),
        ({"type": "number", "maximum": 1, "default": 2.5}, {"maximum": 2.5}, "maximum: 1 becomes 2.5"),
        ({"type": "string", "maxLength": 1, "default": "abc"}, {"maxLength": 3}, "maxLength: 1 becomes 3"),
        ({"type": "string", "enum": ["a"], "default": "b"}, {"enum": ["a", "b"]}, "the default 'b' added"),
        ({"type": "string", "enum": ["a"], "default": ""}, {"enum": ["a"], "default": None}, "says nothing"),
        ({"type": "integer", "default": "5"}, {"default": 5}, "default: '5' is 5"),
        ({"type": "boolean", "default": "true"}, {"default": True}, "is True"),
        ({"type": "integer", "default": "five"}, {"default": None}, "it is no integer"),
        ({"type": "string", "default": 5}, {"default": "5"}, "is '5'"),
        ({"type": "string", "pattern": "^a", "default": "b"}, {"pattern": None}, "does not match it"),
        ({"type": "array", "items": {}, "minItems": 2, "default": []}, {"minItems": 0}, "becomes 0"),
        ({"type": "integer", "minimum": 9, "maximum": 1}, {"minimum": None, "maximum": None}, "exclude"),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True, "default": 0}, {"exclusiveMinimum": None},
         "exclusiveMinimum: removed"),
    ],
)  # fmt: skip
def test_a_contradiction_is_mended_and_told(schema: Any, mended: Any, words: str) -> None:
    source = document({"/a": {"get": operation(parameters=[query("x", schema)])}})
    made, repairs = repair(source)
    found = made["paths"]["/a"]["get"]["parameters"][0]["schema"]
    assert {name: found.get(name) for name in mended} == mended
    (told,) = [str(one) for one in repairs]
    assert "GET /a parameter x" in told
    assert words in told
    assert repair(made) == (made, [])
