"""Every snippet of README, documentation and docstrings runs, on a sandbox. How: see `tests.snippets`."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from fsspec.implementations.memory import MemoryFileSystem

import a2e_async
from a2e_async import A2E
from a2e_async.sandbox import Sandbox
from a2e_async.sandbox.media import make
from tests.postgres import Database
from tests.snippets import ROOT, Snippet, check, given, run, run_page, snippets

DOCS = ROOT / "docs"
RESOURCES = sorted((DOCS / "resources").glob("*.md"))
MODULES = [path for path in sorted((ROOT / "a2e_async").rglob("*.py")) if "api" not in path.parts]

WITH_DATABASE = DOCS / "workers.md"
PAGES = [ROOT / "README.md", *sorted({*DOCS.rglob("*.md")} - {*RESOURCES, WITH_DATABASE})]

ALONE = {"docs/tracing.md"}
"""These change their whole process, so they get one of their own."""

ELSEWHERE = {
    "docs/engines.md": "PostgreSQL and engines; make recipes",
    "docs/scaling.md": "PostgreSQL",
    "a2e_async/worker.py": "PostgreSQL",
    "a2e_async/sandbox/pytest_plugin.py": "pytest",
}
"""Pages and modules whose snippets need what is not there. Their names are checked."""

NOT_THERE = {
    "TqdmListener(": "tqdm",
    "userNewThing": "a family that this release does not know",
    "hooks.verify(": "a call of the service",
}
"""The same for single snippets of docstrings, by a word in them."""

FILES = {
    "png": "cat dog face model person portrait clothes/coat clothes/hat",
    "mp4": "clip one two",
    "mp3": "speech",
}

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with Sandbox(durations={"*": (0.02, 0.0)}, odd_files=False) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {f"{name}.{kind}": make(kind, name) for kind, names in FILES.items() for name in names.split()}


@pytest.fixture
def sandbox(
    shared: Sandbox, files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Sandbox:
    """A fresh account, in a folder with some files."""
    shared.reset()
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("A2E_API_TOKEN", shared.token)
    monkeypatch.setenv("A2E_BASE_URL", shared.url)
    monkeypatch.setenv("A2E_WEBHOOK_SECRET", "a secret of the tests, long enough")
    monkeypatch.setenv("A2E_WEBHOOK_URL", "https://app.example.com/a2e")
    return shared


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _here(code: str) -> str:
    """The code with an object store that is there, and tasks of minutes, because an hour has many polls."""
    return code.replace("s3://", "memory://").replace('durations={"*": 3600}', 'durations={"*": 240}')


@pytest.mark.parametrize("page", PAGES, ids=_name)
async def test_page(page: Path, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    if _name(page) in ELSEWHERE:
        for one in snippets(page):
            check(one)
    elif _name(page) in ALONE:
        done = await anyio.run_process(
            [sys.executable, "-m", "tests.snippets", _name(page)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=None,
        )
        assert b'"name": "generate text_to_image"' in done.stdout
    else:
        MemoryFileSystem.store.clear()
        names = await run_page(page, _here)

        for name, test in names.items():
            if name.startswith("test_"):
                await test(sandbox)

        LEFT.get(_name(page), lambda _: None)(capsys.readouterr().out)


async def test_page_with_a_database(
    sandbox: Sandbox, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    def here(code: str) -> str:
        ends = code.replace("_timeout=30", "_timeout=30, wait=False")
        return ends.replace("postgresql://db/a2e", database.url)

    await run_page(WITH_DATABASE, here)
    assert sandbox.ledger.made() == 10 + 1 + 1
    out = capsys.readouterr().out
    assert "1 queued, 0 waiting, 0 done" in out
    assert "11 done for " in out


def _downloads(_: str) -> None:
    assert sorted(path.stem for path in Path("out").iterdir()) == ["kite", "kite-1", "kite-2"]
    assert [name.partition(".")[0] for name in MemoryFileSystem.store] == ["/my-bucket/kites/kite-1"]


def _results(_: str) -> None:
    page = Path("out/index.html").read_text("utf-8")
    assert page.count("<article") == 2
    assert 'src="./kite-1.' in page
    assert re.search(r"https?://", page) is None


def _bulk(shown: str) -> None:
    assert "jobs are left" in shown
    assert "True" in shown


LEFT: dict[str, Any] = {"docs/downloads.md": _downloads, "docs/results.md": _results, "docs/bulk.md": _bulk}
"""What a page must have left or shown."""


async def test_each_snippet_of_a_page_can_be_pasted_by_itself() -> None:
    found = [one for page in PAGES for one in snippets(page) if not one.not_run]
    assert [str(one) for one in found if not one.stands_alone] == []


async def test_resources(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    """All at once, each with a client of its own."""
    found = [one for page in RESOURCES for one in snippets(page)]
    assert len(found) > 40
    failed: dict[str, str] = {}

    async with anyio.create_task_group() as group:
        for one in found:
            group.start_soon(_noted, one, {"__name__": "docs"}, failed)
    assert not failed, "\n".join(failed.values())


async def test_docstrings(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    """Each has the names of its module."""
    failed: dict[str, str] = {}
    seen = 0

    async with A2E() as a2e:
        names = await given(a2e)
        for path in MODULES:
            for one in snippets(path):
                seen += 1
                if _name(path) in ELSEWHERE or any(word in one.code for word in NOT_THERE):
                    check(one)
                    continue
                own = vars(importlib.import_module(_module(path)))
                await _noted(one, {**own, **names, "__name__": "docs"}, failed)

    assert not failed, "\n".join(failed.values())
    assert seen > 40


async def test_examples_of_resources(sandbox: Sandbox) -> None:
    """The docstring of a workflow has the same call as its page."""
    for page in RESOURCES:
        resource = a2e_async.api.RESOURCES.get(page.stem)
        calls = [line.strip() for one in snippets(page) for line in one.code.splitlines() if "job = " in line]
        if resource and calls:
            module, _, name = resource.partition(":")
            words = inspect.getdoc(getattr(importlib.import_module(module), name).__call__) or ""
            assert calls[0] in words


async def _noted(one: Snippet, names: dict[str, Any], failed: dict[str, str]) -> None:
    try:
        await run(one, names)
    except Exception as error:
        failed[str(one)] = f"{one}: {type(error).__name__}: {error}"


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
