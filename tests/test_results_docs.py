"""Every Python snippet of docs/results.md runs, against the sandbox."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from a2e_async.sandbox import Sandbox

TEXT = (Path(__file__).parents[1] / "docs" / "results.md").read_text("utf-8")
SNIPPETS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.anyio
async def test_the_snippets_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    async with Sandbox(durations={"*": (0.02, 0.0)}, odd_files=False) as sandbox:
        monkeypatch.setenv("A2E_API_TOKEN", sandbox.token)
        monkeypatch.setenv("A2E_BASE_URL", sandbox.url)
        for code in SNIPPETS:
            if "starlette" in code:
                compile(code, "x", "exec")  # a library that is not installed here
                continue
            compiled = compile(code, "x", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            await eval(compiled, {"__name__": "docs"})

    page = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert page.count("<article") == 2
    assert 'src="./kite-1.' in page
    assert re.search(r"https?://", page) is None
    assert (tmp_path / "kept" / "index.html").read_text("utf-8").count("<article") == 1
    assert "index.html" in capsys.readouterr().out
