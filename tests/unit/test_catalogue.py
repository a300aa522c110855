"""What can be started, and what it takes; what the account has."""

from __future__ import annotations

import json
from typing import Any

import httpx
import jsonschema
import pytest

from a2e_async import A2E, Confirmation, InvalidArgument, sync
from a2e_async._spec.field import Field
from a2e_async._spec.operation import Operation, one
from a2e_async._spec.rules import Need
from a2e_async._spec.schemas import schema_of
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

URL = "https://cdn.example.com/a.png"


def client(service: Any = None) -> A2E:
    return A2E("sk_x", base_url="https://host.example", transport=httpx.MockTransport(service or refuse))


def refuse(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"sent {request.method} {request.url}")


@pytest.mark.anyio
async def test_the_balance_is_asked_for_with_one_read() -> None:
    asked = []

    def service(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.path))
        return httpx.Response(200, json={"code": 0, "data": {"coins": 930, "diamonds": 2}})

    async with client(service) as a2e:
        balance = await a2e.balance()

    assert (balance.coins, balance.diamonds) == (930, 2)
    assert asked == [("GET", "/api/v1/user/remainingCoins")]


def test_without_await() -> None:
    reply = {"code": 0, "data": {"coins": 930}}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=reply))
    with sync.A2E("sk_x", base_url="https://host.example", transport=transport) as a2e:
        assert a2e.balance().coins == 930
        assert a2e.workflows["text_to_image"].required == ("prompt",)
        assert a2e.text_to_image.schema()["required"] == ["prompt"]


def test_all_workflows_are_named() -> None:
    a2e = client()
    known = a2e.workflows
    assert {"image_to_video", "video_twin", "video_twin.continue_training"} <= set(known)
    assert "anchor" not in known
    assert "nothing" not in known

    for name, info in known.items():
        assert info.name == name
        assert info.summary.endswith(".")
        assert set(info.required) <= set(info.keywords)
        assert hasattr(getattr(a2e, name.partition(".")[0]), "schema")

    picture = known["text_to_image"]
    assert "prompt" in repr(picture)
    assert "webhook_token" not in repr(picture)


def test_every_schema_is_valid() -> None:
    for name, info in client().workflows.items():
        schema = info.schema()
        jsonschema.Draft202012Validator.check_schema(schema)
        json.dumps(schema)

        assert schema["title"] == name
        assert set(schema["required"]) == set(info.required)
        assert all(one.get("description") for one in schema["properties"].values()), name


def test_a_schema_has_types_limits_words_and_known_values() -> None:
    known = client().text_to_image.schema()["properties"]
    assert known["prompt"] == {"description": "What is wanted, in words.", "type": "string"}
    assert (known["max_images"]["minimum"], known["max_images"]["maximum"]) == (1, 8)
    assert known["input_images"]["items"] == {"type": "string"}

    # The service takes newer models before this release knows them.
    assert known["model_type"]["examples"] == ["a2e", "seedream", "zimage"]
    assert "enum" not in known["model_type"]


def test_a_second_way_to_start_has_a_schema_of_its_own() -> None:
    twin = client().video_twin
    assert twin.schema()["title"] == "video_twin"
    assert twin.schema("continue_training")["title"] == "video_twin.continue_training"
    assert twin.schema("continue_training") != twin.schema()
    with pytest.raises(InvalidArgument, match="not a method"):
        twin.schema("delete")


RULED = Operation(
    "POST",
    "/api/v1/picture/start",
    one(Confirmation),
    body=(
        Field("mode", str),
        Field("seconds", int, minimum=4, maximum=30, also=(-1,)),
        Field("size", str, choices=("s", "l"), closed=True),
        Field("urls", list, item=Field("", str)),
        Field("url", str),
        Field("voice", str),
        Field("labels", dict, item=Field("", int)),
    ),
    has_body=True,
    any_of=(("url", "urls"),),
    exclusive=(("url", "urls"),),
    needs=(
        Need({"mode": ("speech",)}, all_of=("voice",)),
        Need({"mode": ("any",)}, any_of=("voice", "size")),
        Need({"mode": (None, "short")}, most={"seconds": 10, "urls": 1}),
        Need({"mode": ("large",)}, only={"size": ("l",)}),
        Need({"voice": None, "size": ("s",)}),
    ),
)

BODIES: list[dict[str, Any]] = [
    {},
    {"url": URL},
    {"url": URL, "urls": [URL]},
    {"urls": [URL]},
    {"urls": [URL, URL]},
    {"urls": [URL, URL], "mode": "long"},
    {"urls": [5], "mode": "long"},
    {"url": URL, "seconds": -1},
    {"url": URL, "seconds": 3},
    {"url": URL, "seconds": 20},
    {"url": URL, "seconds": 20, "mode": "short"},
    {"url": URL, "seconds": 20, "mode": "long"},
    {"url": URL, "size": "m"},
    {"url": URL, "mode": "speech"},
    {"url": URL, "mode": "speech", "voice": "v"},
    {"url": URL, "mode": "any"},
    {"url": URL, "mode": "any", "size": "s"},
    {"url": URL, "mode": "large", "size": "s"},
    {"url": URL, "mode": "large", "size": "l"},
    {"url": URL, "voice": "v", "size": "s"},
    {"url": URL, "voice": "v", "size": "l"},
    {"url": URL, "labels": {"a": 1}},
    {"url": URL, "labels": {"a": []}},
]


@pytest.mark.parametrize("body", BODIES, ids=str)
def test_a_schema_and_the_client_agree(body: dict[str, Any]) -> None:
    def start(**keywords: Any) -> None:
        """Start a picture."""

    allowed = jsonschema.Draft202012Validator(schema_of("picture", start, RULED)).is_valid(body)
    if allowed:
        RULED.call(body, {})
    else:
        with pytest.raises(InvalidArgument):
            RULED.call(body, {})
