"""Documents in the shapes of other vendors pass, or stop at one clear error that is their own."""

from __future__ import annotations

import ast
import copy
import inspect
import typing
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2e_async.resources import Resource
from codegen.build import build, prepare
from codegen.document.tree import SpecError, operations, read
from codegen.generate import generate
from codegen.regenerate import regenerate
from tests.codegen.documents import HARMLESS, document, import_text, layout, overlay, save
from tests.codegen.shapes import Recorder
from tests.codegen.strangers import STRANGERS


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """The generated modules of every stranger."""
    rules = save(tmp_path_factory.mktemp("rules") / "overlay.yaml", overlay(HARMLESS))
    return {
        name: generate(prepare(copy.deepcopy(source), rules, name).document)[1]
        for name, source in STRANGERS.items()
    }


def module(packages: dict[str, dict[str, str]], vendor: str, name: str) -> Any:
    return import_text(packages[vendor][f"{name}.py"], f"{vendor}_{name}")


@pytest.mark.parametrize("vendor", STRANGERS)
def test_every_operation_is_generated(vendor: str, packages: dict[str, dict[str, str]]) -> None:
    calls = [
        node
        for text in packages[vendor].values()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Operation"
    ]
    assert len(calls) == len(list(operations(STRANGERS[vendor])))


def test_every_annotation_means_something(packages: dict[str, dict[str, str]]) -> None:
    for vendor, files in packages.items():
        for name, text in files.items():
            if name == "__init__.py":
                continue
            made = import_text(text, f"{vendor}_{name}")
            for one in vars(made).values():
                if isinstance(one, type) and one.__module__ == made.__name__:
                    typing.get_type_hints(one)
                    for method in vars(one).values():
                        if inspect.isfunction(method) and issubclass(one, Resource):
                            typing.get_type_hints(method)


@pytest.mark.anyio
async def test_their_operations_work(packages: dict[str, dict[str, str]]) -> None:
    seen = Recorder(lambda _: httpx.Response(200, json={"id": "abc", "state": "queued", "status": "RUNNING"}))
    async with seen.client() as client:
        dreams = module(packages, "dreams", "generations").Generations(client)
        task = await dreams(
            prompt="a kite",
            model="one",
            keyframes={"frame0": {"type": "image", "url": "https://a.example/b"}},
        ).start()
        assert (task.id, task.record.id) == ("abc", "abc")

        models = module(packages, "models", "image_to_video").ImageToVideo(client)
        await models.post(model="alpha", prompt_text="p", ratio="1:1", x_version="2024-11-06")
        assert seen.sent == {"model": "alpha", "promptText": "p", "ratio": "1:1"}
        assert seen.last.headers["x-version"] == "2024-11-06"

        predictions = module(packages, "predictions", "predictions").Predictions(client)
        await predictions(version="v", input={"prompt": "p"}, prefer="wait=5").start()
        assert seen.last.headers["prefer"] == "wait=5"
        assert (await predictions.cancel(id="abc")).id == "abc"

        voices = module(packages, "voices", "voices").Voices(client)
        await voices.add(name="n", files=[b"RIFF1234WAVE"])
        assert b'name="files"; filename="file"\r\nContent-Type: audio/wav' in seen.last.content

        talks = module(packages, "talks", "talks").Talks(client)
        await talks(script={"type": "text", "input": "hi"}, config={"pad_audio": 0}).start()
        assert seen.sent["config"] == {"pad_audio": 0}


@pytest.mark.parametrize(
    ("path", "item", "words"),
    [
        ("/v2/template/<id>", {"get": {"responses": {}}}, "a parameter is written as {name}"),
        ("/a", {"get": {"parameters": [{"$ref": "other.yaml#/P"}], "responses": {}}}, "bundle it first"),
        ("/a/{id}", {"get": {"responses": {}}}, "'id' is not declared"),
    ],
)
def test_their_own_faults_are_named(path: str, item: Any, words: str, tmp_path: Path) -> None:
    source = document({path: item}, openapi="3.1.0")
    with pytest.raises(SpecError, match="#/paths/") as caught:
        build(layout(tmp_path, source))
    assert words in str(caught.value)
    assert len(str(caught.value)) < 500


def test_regenerate_takes_one_after_the_other(tmp_path: Path) -> None:
    made = layout(tmp_path, document())
    build(made)
    for vendor in ("models", "talks"):
        reported = regenerate(made, str(save(tmp_path / f"{vendor}.json", STRANGERS[vendor])))
        assert read(made.upstream) == STRANGERS[vendor]
        assert any("breaking" in line.lower() or "!" in line for line in reported)
