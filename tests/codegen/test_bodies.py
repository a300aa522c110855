"""Bodies in every shape: generated from a small document, and sent."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from a2e_async import InvalidArgument
from codegen.changes.compare import compare
from codegen.changes.verdict import verdict
from codegen.document.repair import repair
from codegen.generate import interface_of
from tests.codegen.documents import document
from tests.codegen.shapes import Recorder, content, generated, op

STRING = {"type": "string"}
NUMBER = {"type": "number"}
PIC = {"type": "object", "required": ["url"], "properties": {"kind": {"type": "string", "enum": ["pic"]},
                                                             "url": STRING}}  # fmt: skip
TEXT = {"type": "object", "required": ["text", "kind"], "properties": {"kind": {"type": "string",
                                                                                "enum": ["text"]},
                                                                       "text": STRING}}  # fmt: skip
PIC_TAGGED = {**PIC, "required": ["url", "kind"]}


def members(required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "properties": properties}
    return {**made, "required": required} if required else made


def sends(schema: Any, media_type: str = "application/json", *, required: bool = True, **more: Any) -> Any:
    return op(requestBody={"required": required, **content(schema, media_type, **more)})


FILE = {"type": "string", "format": "binary"}
FORM = members(["title"], title=STRING, count={"type": "integer"}, flag={"type": "boolean"},
               tags={"type": "array", "items": STRING}, extras=members(a=NUMBER),
               labels={"type": "array", "items": STRING})  # fmt: skip
PATHS = {
    "get /things/search": sends(members(["text"], text=STRING)),
    "delete /things/many": sends(members(["ids"], ids={"type": "array", "items": STRING})),
    "post /things/one": sends({"oneOf": [PIC, TEXT]}),
    "post /things/tagged": sends({"anyOf": [PIC_TAGGED, TEXT]}),
    "post /things/either": sends({**members(a=STRING, b=STRING), "anyOf": [{"required": ["a"]},
                                                                           {"required": ["b"]}]}),
    "post /things/inside": sends({"allOf": [{"oneOf": [PIC, TEXT]}, members(["size"], size=NUMBER)]}),
    "post /things/entries": sends({"type": "array", "minItems": 1, "items": members(["a"], a=STRING)}),
    "post /things/words": sends(STRING),
    "post /things/map": sends({"type": "object", "additionalProperties": {"type": "integer"}}),
    "post /things/free": sends({"type": "object"}),
    "post /things/mixed": sends({"oneOf": [{"type": "array", "items": STRING}, members(a=STRING)]}),
    "post /things/optional": sends(members(["a"], a=STRING, b=STRING), required=False),
    "post /things/optional_list": sends({"type": "array", "items": STRING}, required=False),
    "post /things/parts": sends(
        members(["file", "title"], file=FILE, more={"type": "array", "items": FILE},
                **FORM["properties"]),
        "multipart/form-data",
    ),
    "post /things/form": sends(FORM, "application/x-www-form-urlencoded",
                               encoding={"labels": {"explode": False}}),
    "put /things/bytes": sends(FILE, "application/octet-stream"),
    "put /things/picture": sends(FILE, "image/png"),
    "post /things/plain": sends(STRING, "text/plain"),
    "post /things/vendor": sends(members(["a"], a=STRING), "application/vnd.api+json; charset=utf-8"),
    "post /things/several": op(requestBody={"content": {**content(FORM, "multipart/form-data")["content"],
                                                        **content(members(x=STRING))["content"]}}),
    "post /things/{id}/rename": {**sends(members(["id"], id=STRING)),
                                 "parameters": [{"name": "id", "in": "path", "schema": STRING}]},
}  # fmt: skip


@pytest.fixture(scope="module")
def module() -> Any:
    return generated(PATHS)["things"]


class Things:
    """The generated resource on a client that records."""

    def __init__(self, module: Any) -> None:
        self.seen = Recorder()
        self._module = module

    async def __call__(self, name: str, **values: Any) -> Any:
        async with self.seen.client() as client:
            await getattr(self._module.Things(client), name)(**values)
        return self.seen.sent


@pytest.fixture
def things(module: Any) -> Things:
    return Things(module)


@pytest.mark.anyio
async def test_reads_and_deletions_have_bodies_too(things: Things) -> None:
    assert await things("search", text="x") == {"text": "x"}
    assert (things.seen.last.method, things.seen.last.headers["content-type"]) == ("GET", "application/json")
    assert await things("many", ids=["a", "b"]) == {"ids": ["a", "b"]}
    assert things.seen.last.method == "DELETE"


@pytest.mark.anyio
async def test_alternatives_become_keywords_and_rules(things: Things) -> None:
    assert await things("one", url="https://a.example/b") == {"url": "https://a.example/b"}
    assert await things("one", text="t", kind="text") == {"text": "t", "kind": "text"}
    with pytest.raises(InvalidArgument, match="one of url, text is required"):
        await things("one", kind="pic")

    assert await things("tagged", kind="text", text="t") == {"kind": "text", "text": "t"}
    with pytest.raises(InvalidArgument, match="url: is required with kind='pic'"):
        await things("tagged", kind="pic", text="t")
    with pytest.raises(TypeError, match="'kind'"):
        await things("tagged", text="t")

    assert await things("either", b="x") == {"b": "x"}
    with pytest.raises(InvalidArgument, match="one of a, b is required"):
        await things("either")


@pytest.mark.anyio
async def test_alternatives_inside_all_of_keep_their_members(things: Things) -> None:
    assert await things("inside", size=1, text="t", kind="text") == {"size": 1, "text": "t", "kind": "text"}
    with pytest.raises(InvalidArgument, match="kind: is required with text"):
        await things("inside", size=1, text="t")
    with pytest.raises(TypeError, match="'size'"):
        await things("inside", text="t", kind="text")


@pytest.mark.anyio
async def test_lists_texts_and_maps_are_whole_bodies(things: Things) -> None:
    assert await things("entries", body=[{"a": "x"}]) == [{"a": "x"}]
    assert await things("words", body="hello") == "hello"
    assert await things("map", body={"a": 1}, extra_body={"b": 2}) == {"a": 1, "b": 2}
    assert await things("free", body={"any": [1]}) == {"any": [1]}
    assert await things("mixed", body=["x"]) == ["x"]
    assert await things("mixed", body={"a": "x"}) == {"a": "x"}
    for name, wrong in (("entries", []), ("entries", [{}]), ("words", 5), ("map", {"a": "x"}), ("map", None)):
        with pytest.raises(InvalidArgument, match="body"):
            await things(name, body=wrong)


@pytest.mark.anyio
async def test_an_optional_body_is_not_sent_unless_something_is_given(things: Things) -> None:
    assert await things("optional") is None
    assert "content-type" not in things.seen.last.headers
    assert await things("optional", a="x") == {"a": "x"}
    with pytest.raises(InvalidArgument, match="a: is required with b"):
        await things("optional", b="x")
    assert await things("optional_list") is None
    assert await things("optional_list", body=[]) == []


@pytest.mark.anyio
async def test_files_travel_in_the_parts_of_a_form(things: Things, tmp_path: Path) -> None:
    picture = tmp_path / 'c"at.png'
    picture.write_bytes(b"\x89PNG\r\n\x1a\nrest")
    await things(
        "parts",
        title="two\nlines",
        file=picture,
        more=[b"RIFF1234WAVEx", io.BytesIO(b"GIF89a")],
        count=3,
        flag=True,
        tags=["a", "b"],
        extras={"a": 1.5},
    )

    request = things.seen.last
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    boundary = request.headers["content-type"].partition("boundary=")[2].encode()
    parts = [
        part.strip(b"\r\n").split(b"\r\n\r\n", 1) for part in request.content.split(b"--" + boundary)[1:-1]
    ]
    assert request.content.endswith(b"--" + boundary + b"--\r\n")
    assert [content for _, content in parts] == [
        b"\x89PNG\r\n\x1a\nrest", b"RIFF1234WAVEx", b"GIF89a", b"two\r\nlines", b"3", b"true", b"a", b"b",
        b'{"a":1.5}',
    ]  # fmt: skip
    heads = [head.decode() for head, _ in parts]
    assert 'name="file"' in heads[0]
    assert "Content-Type: image/png" in heads[0]
    assert '"at' not in heads[0].replace("%22at", "")
    assert "audio/wav" in heads[1]
    assert "image/gif" in heads[2]
    assert heads[-1] == 'Content-Disposition: form-data; name="extras"'


@pytest.mark.anyio
async def test_what_is_no_file_is_refused_before_anything_is_sent(things: Things, tmp_path: Path) -> None:
    for wrong in ("cat.png", 5, tmp_path, tmp_path / "none.png"):
        with pytest.raises(InvalidArgument, match="file"):
            await things("parts", title="x", file=wrong)
    assert things.seen.requests == []


@pytest.mark.anyio
async def test_a_form_is_encoded(things: Things) -> None:
    await things(
        "form", title="a b&c=ü", count=3, flag=False, tags=["x", "y"], extras={"a": 1}, labels=["l", "m"]
    )
    assert things.seen.last.headers["content-type"] == "application/x-www-form-urlencoded"
    assert things.seen.last.content == (
        b"title=a%20b%26c%3D%C3%BC&count=3&flag=false&tags=x&tags=y&extras=%7B%22a%22%3A1%7D&labels=l%2Cm"
    )


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "body", "sent", "media_type"),
    [
        ("bytes", b"GIF89a", b"GIF89a", "image/gif"),
        ("bytes", io.BytesIO(b"\x00\x01"), b"\x00\x01", "application/octet-stream"),
        ("picture", b"whatever", b"whatever", "image/png"),
        ("plain", "hällo", "hällo".encode(), "text/plain; charset=utf-8"),
    ],
)
async def test_content_is_sent_as_it_is(
    name: str, body: Any, sent: bytes, media_type: str, things: Things
) -> None:
    await things(name, body=body)
    assert things.seen.last.content == sent
    assert things.seen.last.headers["content-type"] == media_type


@pytest.mark.anyio
async def test_json_by_another_name_and_json_before_other_forms(things: Things) -> None:
    assert await things("vendor", a="x") == {"a": "x"}
    assert await things("several", x="y") == {"x": "y"}


@pytest.mark.anyio
async def test_a_member_that_is_called_like_a_parameter_has_a_name_of_its_own(things: Things) -> None:
    assert await things("rename", id="abc", body_id="def") == {"id": "def"}
    assert things.seen.last.url.path == "/things/abc/rename"


# ── What the summary says about such changes ───────────────────────────────────────────────────────


def told(before: Any, after: Any) -> tuple[str, bool]:
    """What is said about a body before and after, and whether it breaks users' code."""
    made = [document({"/api/v1/things/make": {"post": one}}) for one in (before, after)]
    found = [verdict(one) for one in compare(*(interface_of(repair(one)[0]) for one in made))]
    return "\n".join(one.text for one in found), any(one.breaking for one in found)


@pytest.mark.parametrize(
    ("before", "after", "words", "breaks"),
    [
        (members(a=STRING), members(a={"anyOf": [STRING, {"type": "object"}]}),
         "takes `str | Mapping", False),
        (members(a={"anyOf": [STRING, NUMBER]}), members(a=STRING),
         "takes `str` instead of `str | float`", True),
        (members(a=NUMBER), members(a={**NUMBER, "minimum": 0, "exclusiveMinimum": True}),
         "bound below", True),
        (members(a={**NUMBER, "multipleOf": 8}), members(a=NUMBER), "no longer limited", False),
        (members(a={"type": "object", "additionalProperties": STRING}),
         members(a={"type": "object", "additionalProperties": NUMBER}), "takes `Mapping[str, float]`", True),
    ],
)  # fmt: skip
def test_the_summary_tells_changes_of_these_types(before: Any, after: Any, words: str, breaks: bool) -> None:
    assert words in told(sends(before), sends(after))[0]
    assert told(sends(before), sends(after))[1] is breaks


def test_the_summary_tells_how_a_body_is_written() -> None:
    text, _ = told(sends(members(a=STRING)), sends(members(a=STRING), "multipart/form-data"))
    assert "how the body is written changed from `` to `multipart/form-data`" in text
    text, _ = told(sends(members(a=STRING)), sends(members(a=STRING), required=False))
    assert "leaving out an empty body" in text
