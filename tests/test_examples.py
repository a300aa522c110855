"""The programs of docs/examples run as they are, against the sandbox; those of engines run in tests/recipes.

What needs a framework is left out where that is missing. `make recipes` has all of them but Gradio.
"""

from __future__ import annotations

import ast
import csv
import importlib.util
import inspect
import json
import re
import sys
import threading
import types
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio.to_thread
import httpx
import pytest

import a2e_async
from a2e_async import sync
from a2e_async.sandbox import Sandbox
from a2e_async.sandbox.media import make
from tests.sandbox.hook_kit import SECRET, receiving

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
PROGRAMS = sorted(EXAMPLES.glob("*.py"))

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of those who run programs."""
    return "asyncio"


@pytest.fixture
async def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    """A local A2E that the environment names, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    async with Sandbox(durations={"*": (0.02, 0.0)}, odd_files=False) as sandbox:
        monkeypatch.setenv("A2E_API_TOKEN", sandbox.token)
        monkeypatch.setenv("A2E_BASE_URL", sandbox.url)
        yield sandbox


def loaded(name: str) -> Any:
    """An example, as a module."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.stem))
def test_it_is_short_and_needs_public_names_only(path: Path) -> None:
    code = path.read_text("utf-8")
    assert len(code.splitlines()) < 60
    assert f"]({path.name})" in (EXAMPLES / "README.md").read_text("utf-8")

    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("a2e_async"):
            assert node.module in ("a2e_async", "a2e_async.sync")
            assert {alias.name for alias in node.names} <= {*a2e_async.__all__, *sync.__all__}


async def test_a_table_resumes(sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "kites.csv"
    table.write_text("key,prompt,max_images\nred,a red kite,1\nblue,a blue kite,2\n", "utf-8-sig")
    example = loaded("csv_bulk")

    example.MOST_COINS = 10
    with pytest.raises(SystemExit, match="not all were started"):
        await example.main(table)
    example.MOST_COINS = 500
    for _ in range(2):
        await example.main(table)

    assert sandbox.ledger.made() == 3  # one picture of a row, two of the other
    lines = (tmp_path / "kites-done.csv").read_text("utf-8").splitlines()
    done = {row["key"]: row for row in csv.DictReader(lines)}
    assert {key: (row["coins"], row["error"]) for key, row in done.items()} == {
        "red": ("10", ""),
        "blue": ("20", ""),
    }
    assert all((tmp_path / name).exists() for row in done.values() for name in row["files"].split())
    assert len([*(tmp_path / "kites").iterdir()]) == 3


async def test_a_pipeline_resumes(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example = loaded("picture_to_clip")
    for _ in range(2):
        await example.main(["a red kite", "a blue boat"])

    assert (sandbox.ledger.made("text_to_image"), sandbox.ledger.made("image_to_video")) == (2, 2)
    assert {path.name for path in (tmp_path / "clips").iterdir()} >= {"1-clip.mp4", "2-clip.mp4"}
    assert capsys.readouterr().err == ""


async def test_a_folder_is_tried_on(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["person", "coat", "hat"]
    person, *pieces = [Path(f"{name}.png") for name in names]
    for path in (person, *pieces):
        path.write_bytes(make("png", path.stem))

    await loaded("try_on_folder").main(person, pieces)

    assert sandbox.ledger.made("virtual_try_on") == 2
    page = (tmp_path / "worn/index.html").read_text("utf-8")
    assert page.count("<article") == 2
    assert "2 pieces, 10" in capsys.readouterr().out


async def test_the_notebook_runs(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its cells, one after another: each may await, and the last one's value is shown."""
    notebook = json.loads((EXAMPLES / "notebook.ipynb").read_text("utf-8"))
    assert [cell for cell in notebook["cells"] if cell.get("outputs")] == []
    codes = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]

    names: dict[str, Any] = {}
    for number, code in enumerate(codes):
        compiled = compile(code, f"cell {number}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        running = eval(compiled, names)
        if inspect.iscoroutine(running):
            await running

    assert "<img" in names["result"]._repr_html_()
    assert {row["key"] for row in names["table"]} == {"kite-red", "kite-green", "kite-blue"}
    assert (tmp_path / "kites/index.html").exists()
    assert sandbox.ledger.made() == 5


async def test_the_notebook_runs_in_jupyter(sandbox: Sandbox) -> None:
    nbclient = pytest.importorskip("nbclient")
    nbformat: Any = pytest.importorskip("nbformat")

    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=60, resources={"metadata": {"path": "."}})
    await anyio.to_thread.run_sync(client.execute)

    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in shown if output.output_type == "error"]
    assert len([output for output in shown if "text/html" in output.get("data", {})]) == 2
    assert sandbox.ledger.made() == 5


async def test_a_web_application_is_called(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fastapi")
    calls: list[str] = []
    called = threading.Event()

    with receiving() as receiver:
        monkeypatch.setenv("A2E_WEBHOOK_SECRET", SECRET)
        monkeypatch.setenv("A2E_WEBHOOK_URL", f"{receiver.base}/a2e")
        app: Any = loaded("webhook_app").app

        async def noted(scope: Any, receive: Any, send: Any) -> None:
            await app(scope, receive, send)
            calls.append(scope["path"])
            called.set()

        vars(receiver)["app"] = noted
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://app") as client,
        ):
            started = await client.post("/kites", json={"prompt": "a red kite"})
            assert (started.status_code, started.json()["coins"]) == (202, 10)
            status = f"/kites/{started.json()['id']}"
            early = await client.get(status, params={"wait": 0.001})
            done = await client.get(status)
            wrong = await client.get("/kites/no.id")
            forged = await client.post("/a2e/kite", json={})

            assert await anyio.to_thread.run_sync(called.wait, 10)

    assert early.status_code in (200, 202)
    assert (done.json()["status"], len(done.json()["urls"])) == ("done", 1)
    assert (wrong.status_code, forged.status_code) == (422, 401)
    assert calls[0].startswith("/a2e/")
    assert sandbox.ledger.made() == 1


async def test_an_application_without_await(sandbox: Sandbox) -> None:
    pytest.importorskip("flask")
    example = loaded("flask_app")

    def use() -> None:
        client = example.app.test_client()
        started = client.post("/kites", data={"prompt": "a red kite"})
        assert (started.status_code, started.json["coins"]) == (202, 10)

        status = f"/kites/{started.json['id']}"
        assert client.get(f"{status}?wait=0.001").status_code in (200, 202)
        done = client.get(status)
        assert (done.status_code, len(done.json["urls"])) == (200, 1)
        assert client.get("/kites/no.id").status_code == 422

        picture = client.get(f"{status}/picture")
        assert picture.content_type.startswith("image/")
        assert len(picture.data) > 1000
        example.a2e.close()

    await anyio.to_thread.run_sync(use)


class _Interface:
    """Stands for Gradio's, where that is missing."""

    def __init__(self, fn: Any, **settings: Any) -> None:
        assert inspect.isasyncgenfunction(fn)
        assert {"inputs", "outputs"} <= settings.keys()


async def test_a_page_shows_a_picture(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if importlib.util.find_spec("gradio") is None:
        stub: Any = types.ModuleType("gradio")
        stub.Textbox = stub.Image = dict
        stub.Interface, stub.Error = _Interface, RuntimeError
        monkeypatch.setitem(sys.modules, "gradio", stub)
    example = loaded("gradio_app")

    shown = [one async for one in example.paint("a red kite")]
    assert shown[0] == (None, "10 coins")
    assert shown[-1][1] == "10 coins"
    assert (tmp_path / shown[-1][0]).exists()

    with pytest.raises(Exception, match="prompt"):
        [_ async for _ in example.paint("")]


def test_all_are_listed() -> None:
    listed = re.findall(r"^\| \[(\S+)\]\(\1\) \|", (EXAMPLES / "README.md").read_text("utf-8"), re.MULTILINE)
    files = {path.name for path in EXAMPLES.iterdir() if path.suffix in (".py", ".ipynb")}
    assert sorted(listed) == sorted(files)
