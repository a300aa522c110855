"""Every Python snippet of docs/workers.md runs, against the sandbox and a real PostgreSQL."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from a2e_async.sandbox import Sandbox
from tests.postgres import Database

TEXT = (Path(__file__).parents[1] / "docs" / "workers.md").read_text("utf-8")
SNIPPETS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def anyio_backend() -> str:
    """procrastinate runs on asyncio only."""
    return "asyncio"


@pytest.mark.anyio
async def test_the_snippets_run(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(SNIPPETS) == 3
    async with Sandbox(durations={"*": (0.02, 0.0)}) as sandbox:
        monkeypatch.setenv("A2E_API_TOKEN", sandbox.token)
        monkeypatch.setenv("A2E_BASE_URL", sandbox.url)
        for code in SNIPPETS:
            here = code.replace("postgresql://db/a2e", database.url)
            ends = here.replace("_timeout=30", "_timeout=30, wait=False")
            compiled = compile(ends, "workers.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            await eval(compiled, {"__name__": "docs"})

        assert sandbox.ledger.made() == 10 + 1 + 1

    out = capsys.readouterr().out
    assert "1 queued, 0 waiting, 0 done" in out
    assert "11 done for " in out
