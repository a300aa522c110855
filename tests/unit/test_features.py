"""A feature whose route is not in this release's document fails by name, before anything is sent."""

from __future__ import annotations

import importlib
from typing import Any

import attrs
import httpx
import pytest

from a2e_async import A2E, ConfigurationError, InvalidArgument
from a2e_async._spec.features import FEATURES, QUOTE, UPLOAD, Feature
from a2e_async._spec.field import Field
from a2e_async._spec.operation import Operation, raw
from a2e_async.features import operation_of
from a2e_async.jobs import Job

pytestmark = pytest.mark.anyio


def refuse(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"sent {request.method} {request.url}")


def client() -> A2E:
    return A2E("sk_x", base_url="https://host.example", transport=httpx.MockTransport(refuse))


def without(monkeypatch: pytest.MonkeyPatch, feature: Feature) -> None:
    """As in a release whose document does not have the feature's route."""
    module = pytest.importorskip(f"a2e_async.api.{feature.resource}")
    for name, value in list(vars(module).items()):
        if isinstance(value, Operation) and value.path == feature.path:
            monkeypatch.delattr(module, name)


def job(a2e: A2E) -> Job[Any]:
    return a2e.workflow("userNewThing", {"prompt": "a kite"})


async def test_a_quote_without_its_route_fails_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, QUOTE)
    words = r"a2e\.quote\(\) needs POST /api/v1/generation/quote, which this release's document does not have"
    async with client() as a2e:
        with pytest.raises(ConfigurationError, match=words):
            await a2e.quote(job(a2e))


async def test_an_upload_without_its_route_fails_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, UPLOAD)
    words = r"a2e\.upload\(\) needs POST /api/v1/r2/upload-presigned-url, which this release's document"
    async with client() as a2e:
        with pytest.raises(ConfigurationError, match=words):
            await a2e.upload(b"\x89PNG\r\n\x1a\n")


def test_a_resource_that_has_gone_is_named_too() -> None:
    with pytest.raises(ConfigurationError, match="needs POST /x, which this release's document"):
        operation_of(attrs.evolve(QUOTE, resource="nowhere", path="/x"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ((Field("url", str),), "needs endpoint, requestBody in the body of POST /api/v1/generation/quote"),
        (
            (Field("endpoint"), Field("request_body", dict, "requestBody"), Field("region", required=True)),
            "does not send region, which POST /api/v1/generation/quote requires",
        ),
    ],
)
def test_another_body_is_named(body: tuple[Field, ...], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, QUOTE)
    module = importlib.import_module(f"a2e_async.api.{QUOTE.resource}")
    other = Operation("POST", QUOTE.path, raw, body=body, has_body=True)
    monkeypatch.setattr(module, "OTHER", other, raising=False)
    with pytest.raises(ConfigurationError, match=words):
        operation_of(QUOTE)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda one: str(one.name))
def test_what_a_feature_needs_is_among_what_it_sends(feature: Feature) -> None:
    assert set(feature.needed) <= set(feature.body)


@pytest.mark.parametrize(("price", "printed"), [(10, "10"), (12.5, "12.5"), ("10", "None")])
async def test_a_quote_shows_the_price_as_the_service_says_it(price: Any, printed: str) -> None:
    reply = {"code": 0, "data": {"coins": price}}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=reply))
    async with A2E("sk_x", base_url="https://host.example", transport=transport) as a2e:
        assert str((await a2e.quote(job(a2e))).coins) == printed


async def test_only_a_job_has_a_price() -> None:
    async with client() as a2e:
        for given in ([job(a2e)], {"prompt": "a kite"}, None):
            with pytest.raises(InvalidArgument, match="is not a Job; ask for each Job by itself"):
                await a2e.quote(given)  # type: ignore[arg-type]
