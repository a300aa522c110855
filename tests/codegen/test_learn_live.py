"""Learning from a service whose replies nobody foresaw, from the client to the generated code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from a2e_async import A2E, A2EError
from a2e_async._transport.shape_tallies import parse_shapes
from a2e_async.sandbox import Sandbox, VirtualClock
from codegen.build import Layout, prepare
from codegen.document.tree import read
from codegen.generate import generate
from codegen.learn.learn import learned_from
from tests.codegen.documents import REPOSITORY, part_of_upstream, save
from tests.codegen.test_learn import ROUTES, applied, shapes_of, small


class OtherShapes(httpx.AsyncBaseTransport):
    """Passes requests on to the sandbox, and answers in other shapes than it."""

    def __init__(self) -> None:
        self.http = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        reply = await self.http.handle_async_request(request)
        content = await reply.aread()
        if "json" not in reply.headers.get("content-type", ""):
            return httpx.Response(reply.status_code, headers=reply.headers, content=content)
        return httpx.Response(reply.status_code, json=changed(json.loads(content)))

    async def aclose(self) -> None:
        await self.http.aclose()


def changed(body: Any) -> Any:
    """A reply with coins as texts, a member that nobody knows, and null instead of an empty text."""
    if isinstance(body, list):
        return [changed(one) for one in body]
    if not isinstance(body, dict):
        return None if body == "" else body
    found = {key: changed(value) for key, value in body.items()}
    if "_id" in found and "coins" in found:
        found |= {"coins": str(found["coins"]), "seed_used": 4_815_162_342, "by": {body["_id"]: "Alice"}}
    return found


async def collected(path: Path) -> list[str]:
    """Run a job against a service of other shapes, and collect them; returns what must not be in the file."""
    clock = VirtualClock(auto=True)

    async with (
        OtherShapes() as transport,
        Sandbox(clock=clock) as sandbox,
        A2E(sandbox.token, base_url=sandbox.url, clock=clock, transport=transport, shapes=path) as a2e,
    ):
        result = await a2e.image_to_video(image_url="https://e.com/cat.png", prompt="it waves").run()
        await a2e.image_to_video.get(result.record.id or "")
        await a2e.request("GET", "/api/v1/user/remainingCoins")
        with pytest.raises(A2EError):
            await a2e.image_to_video.get("67d2f1a2b3c4d5e6f7a8b9c0")
    return [
        sandbox.token,
        sandbox.url,
        result.record.id or "?",
        "67d2f1a2",
        "e.com",
        "waves",
        "Alice",
        "4815162342",
    ]


def test_a_service_that_answers_in_other_shapes_is_learned_and_built(tmp_path: Path) -> None:
    path = tmp_path / "shapes.json"
    secrets = anyio.run(collected, path)
    text = path.read_text()
    assert not [secret for secret in secrets if secret in text]

    place = Layout(tmp_path)
    save(place.upstream, part_of_upstream(("userImage2Video", "user")))
    place.overlay.write_bytes(REPOSITORY.overlay.read_bytes())

    shapes = parse_shapes(text)
    learned = learned_from(place, shapes)
    lines = "\n".join(learned.lines)
    assert "ImageToVideoRecord.seed_used: not declared, integer" in lines
    assert "ImageToVideoRecord.coins: declared as number, seen as string" in lines

    place.overlay.write_text(REPOSITORY.overlay.read_text() + learned.text().partition("actions:\n")[2])
    assert not learned_from(place, shapes).actions
    made = prepare(read(place.upstream), place.overlay, "upstream").document
    assert "    seed_used: int | None = None" in generate(made)[1]["image_to_video.py"]


NAMES = ("_id", "status", "name", "rows", "list", "data", "task", "coins", "url", "size", "by", "image_urls")
words = st.sampled_from(NAMES)
texts = st.sampled_from(["", "sent", "x y", "https://e.com/a.png"])
leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(1, 9), texts)
bodies = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(words, inner, max_size=5),
        st.dictionaries(words, inner, max_size=4).map(lambda found: {**found, "_id": "67d2"}),
    ),
    max_leaves=12,
)


# Failures are not made smaller: each try builds a document.
@settings(max_examples=8, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(replies=st.dictionaries(st.sampled_from(sorted(ROUTES)), bodies, min_size=1))
def test_whatever_was_seen_can_be_built_and_soon_nothing_is_left_to_learn(
    replies: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    shapes = shapes_of(**{route: {"code": 0, "data": body} for route, body in replies.items()})

    # Where one object is a task and another one is not, the first actions may show what the next can do.
    place, rounds = small(tmp_path_factory.mktemp("random")), 0
    while (learned := learned_from(place, shapes)).actions:
        generate(applied(place, learned))
        rounds += 1
        assert rounds <= 6
