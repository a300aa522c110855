"""The recipes as files: short, and from outside. `make recipes` runs them with their engines."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

import a2e_async
from a2e_async.sandbox import Sandbox
from tests.recipes.scenes import SCENES
from tests.recipes.stage import EXAMPLES, results

RECIPES = sorted(path for path in EXAMPLES.glob("*.py") if path.name.partition("_")[0] in SCENES)
PAGE = (EXAMPLES.parent / "engines.md").read_text("utf-8")
JOB: dict[str, Any] = {"workflow": "text_to_image", "body": {"prompt": "a red kite"}}


def test_every_recipe_is_run_and_every_scene_has_one() -> None:
    assert {path.name.partition("_")[0] for path in RECIPES} == set(SCENES)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: str(path.stem))
def test_a_recipe_is_short_and_says_what_is_whose(recipe: Path) -> None:
    code = recipe.read_text("utf-8")
    assert len(code.splitlines()) < 60
    said = ast.get_docstring(ast.parse(code)) or ""
    assert said.splitlines()[1].startswith("The run starts each job once"), (
        "the second line: what the run does"
    )
    assert f"(examples/{recipe.name})" in PAGE


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: str(path.stem))
def test_a_recipe_needs_public_names_only(recipe: Path) -> None:
    tree = ast.parse(recipe.read_text("utf-8"))
    names = [
        (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("a2e_async")
        for alias in node.names
    ]
    assert names
    assert set(names) <= {("a2e_async", name) for name in a2e_async.__all__}

    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not any(name.startswith("a2e_async") for name in plain)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: str(path.stem))
def test_what_a_recipe_calls_final_are_errors_of_the_package(recipe: Path) -> None:
    code = recipe.read_text("utf-8")
    found = re.search(r"^FINAL = (.+?)  #", code, re.MULTILINE)
    for name in re.findall(r"\w+", found[1]) if found else []:
        assert issubclass(getattr(a2e_async, name), a2e_async.A2EError)


@pytest.mark.anyio
async def test_the_snippet_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [code] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    async with Sandbox(durations={"*": (0.02, 0.0)}) as sandbox:
        _set(monkeypatch, sandbox, tmp_path)
        space: dict[str, Any] = {"message": {**JOB, "key": "order-17"}}
        compiled = compile(code, "engines.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        await eval(compiled, space)
        await eval(compiled, space)
        assert sandbox.ledger.made() == 1
    assert space["urls"]


@pytest.mark.anyio
async def test_the_web_service_starts_a_key_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fastapi")
    service: Any = _loaded(EXAMPLES / "fastapi_service.py")
    async with Sandbox(durations={"*": (0.05, 0.0)}) as sandbox:
        _set(monkeypatch, sandbox, tmp_path)
        async with service.lifespan(service.app) as state:

            async def app(scope: Any, receive: Any, send: Any) -> None:
                await service.app({**scope, "state": state}, receive, send)

            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
                service.PATIENCE = 0
                assert (await client.put("/media/kite", json=JOB)).status_code == 202
                service.PATIENCE = 20
                replies = [await client.put("/media/kite", json=JOB) for _ in range(2)]
                other = await client.put("/media/kite", json={**JOB, "body": {"prompt": "a blue kite"}})
                wrong = await client.put("/media/wrong", json={**JOB, "workflow": "text_to_imag"})

        assert sandbox.ledger.made() == 1
    assert [reply.status_code for reply in replies] == [200, 200]
    assert results([reply.text for reply in replies]) == {"kite"}
    assert (other.status_code, wrong.status_code) == (422, 422)
    assert "a blue kite" in other.json()["detail"]
    assert "text_to_image" in wrong.json()["detail"]


def test_only_results_with_a_file_count_as_delivered() -> None:
    lines = ["noise", json.dumps({"key": "a", "urls": ["u"]}), json.dumps({"key": "b", "error": "no"})]
    assert results(lines) == {"a"}


def _set(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, folder: Path) -> None:
    monkeypatch.setenv("A2E_API_TOKEN", sandbox.token)
    monkeypatch.setenv("A2E_BASE_URL", sandbox.url)
    monkeypatch.setenv("A2E_JOURNAL", str(folder / "run.db"))


def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
