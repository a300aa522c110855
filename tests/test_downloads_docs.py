"""Every Python snippet of docs/downloads.md runs, against the sandbox and a store in memory."""

from __future__ import annotations

import ast
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from a2e_async.sandbox import Sandbox

TEXT = (Path(__file__).parents[1] / "docs" / "downloads.md").read_text("utf-8")
SNIPPETS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def objects() -> Iterator[dict[str, Any]]:
    found: dict[str, Any] = MemoryFileSystem.store
    found.clear()
    yield found
    found.clear()


@pytest.mark.anyio
async def test_the_snippets_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    objects: dict[str, Any],
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.chdir(tmp_path)
    async with Sandbox(durations={"*": (0.02, 0.0)}, odd_files=False) as sandbox:
        monkeypatch.setenv("A2E_API_TOKEN", sandbox.token)
        monkeypatch.setenv("A2E_BASE_URL", sandbox.url)
        for code in SNIPPETS:
            compiled = compile(
                code.replace("s3://", "memory://"), "x", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            )
            await eval(compiled, {"__name__": "docs"})

    files = sorted(path.stem for path in (tmp_path / "out").iterdir())
    assert files == ["kite", "kite-1", "kite-2"]
    assert [name.partition(".")[0] for name in objects] == ["/my-bucket/kites/kite-1"]
    assert "('memory://my-bucket/kites/kite-1." in capsys.readouterr().out
