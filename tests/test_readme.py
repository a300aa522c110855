"""Every Python snippet of the README runs, against the sandbox."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, cast

import pytest

from a2e_async.sandbox import Sandbox
from a2e_async.sandbox.media import png

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text("utf-8")
SNIPPETS = re.findall(r"^## (.+?)$|^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def _titled() -> list[Any]:
    title, found = "", []
    for heading, code in SNIPPETS:
        if heading:
            title = heading
        else:
            found.append(pytest.param(code, id=title))
    return found


def test_there_are_snippets() -> None:
    assert len(_titled()) >= 6


@pytest.mark.anyio
@pytest.mark.parametrize("code", _titled())
async def test_snippet_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, name in enumerate(("cat.png", "dog.png")):
        (tmp_path / name).write_bytes(png(1, 1, (number, number, number)))
    monkeypatch.chdir(tmp_path)
    durations = {"text_to_image": (0.2, 0.1), "image_to_video": (0.2, 0.1)}
    async with Sandbox(durations=durations) as sandbox:
        monkeypatch.setenv("A2E_API_TOKEN", sandbox.token)
        monkeypatch.setenv("A2E_BASE_URL", sandbox.url)
        compiled = compile(code, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        running = eval(compiled, {"__name__": "readme"})
        assert inspect.iscoroutine(running)
        await cast(Awaitable[None], running)
