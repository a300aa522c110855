"""Finds the snippets of pages and docstrings, and runs them on a sandbox as somebody would paste them.

    python -m tests.snippets docs/tracing.md     run one page against the A2E that the environment names

- A snippet of a page that imports `A2E` stands by itself. Others continue their page: they have the names of
  the snippets before them, and those that `given` makes.
- Without an ``await`` it runs in a thread, so it may call ``asyncio.run`` or use the client without await.
- The comment ``<!-- not run: why -->`` before it says that it cannot run here. Then only its syntax is
  checked, and that the names exist which it takes from the package.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import logging
import re
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import attrs
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from sybil.document import Document, PythonDocStringDocument
from sybil.parsers.markdown import CodeBlockParser

import a2e_async
from a2e_async import A2E, WaitTimeout, sandbox

__all__ = ["AN_ID", "ROOT", "Snippet", "given", "run", "run_page", "snippets"]

ROOT = Path(__file__).parents[1]
AN_ID = "67d2f1c0a8e5b3d4c6f70123"
"""In snippets that continue a page, this is the id of a task that there is."""

_NOT_RUN = re.compile(r"<!-- not run: (.+?) -->\s*\Z")
_SECONDS = 30.0
"""For one snippet."""


@attrs.frozen
class Snippet:
    """One block of Python.

    Attributes:
        path: the page or module.
        line: of its first line of code.
        code: without its indentation.
        not_run: why it cannot run; "" if it can.
    """

    path: Path
    line: int
    code: str
    not_run: str = ""

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"

    @property
    def stands_alone(self) -> bool:
        """Whether it makes a client of its own, so that it can be pasted as it is."""
        return self.path.suffix == ".md" and re.search(r"import .*\bA2E\b", self.code) is not None

    def compiled(self) -> types.CodeType:
        """Its code, with ``await`` at the top level."""
        source = "\n" * (self.line - 1) + self.code  # so that tracebacks name the line of the page
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code: types.CodeType = compile(source, str(self.path), "exec", flags=flags, dont_inherit=True)
        return code


def snippets(path: Path) -> list[Snippet]:
    """All snippets of a page, or of the docstrings of a module."""
    if "```python" not in path.read_text("utf-8"):
        return []  # most modules; to parse them takes long

    kind = PythonDocStringDocument if path.suffix == ".py" else Document
    document = kind.parse(str(path), CodeBlockParser("python", evaluator=lambda _: None))

    found = []
    for example in document.examples():
        before = _NOT_RUN.search(document.text[: example.start])
        found.append(Snippet(path, example.line + 1, str(example.parsed), before[1] if before else ""))
    return found


class _App:
    """Stands for a web application."""

    def mount(self, path: str, app: Any) -> None:
        assert path.startswith("/")
        assert callable(app)


async def given(a2e: A2E) -> dict[str, Any]:
    """The names that a snippet may use without making them."""
    names = {name: getattr(a2e_async, name) for name in a2e_async.__all__}
    names |= {name: getattr(sandbox, name) for name in sandbox.__all__}
    names |= {"Path": Path, "anyio": anyio, "json": json, "logging": logging}

    job = a2e.text_to_image(prompt="a red kite")
    task = await job.start()
    result = await task.wait()
    names |= {"a2e": a2e, "job": job, "task": task, "result": result, "url": result.urls[0]}
    names |= {"error": WaitTimeout("it goes on", task=task), "app": _App()}
    names |= {"prompts": ["a red kite", "a blue boat"], "outcomes": []}
    return names | {"jobs": [a2e.text_to_image(prompt=prompt) for prompt in names["prompts"]]}


async def run(snippet: Snippet, names: dict[str, Any], change: Callable[[str], str] = str) -> None:
    """Run one snippet, or check it if it cannot run.

    Args:
        snippet: what to run.
        names: its namespace; what it makes is left there.
        change: changes its code, such as the address of an object store.
    """
    if snippet.not_run:
        check(snippet)
        return

    text = change(snippet.code)
    if "task" in names:
        text = text.replace(AN_ID, names["task"].id)
    code = attrs.evolve(snippet, code=text).compiled()

    with anyio.fail_after(_SECONDS):
        if code.co_flags & inspect.CO_COROUTINE:
            await eval(code, names)
        else:
            await anyio.to_thread.run_sync(lambda: exec(code, names))


def check(snippet: Snippet) -> None:
    """Check the syntax of a snippet, and that the package has what it takes from it."""
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    tree = compile(snippet.code, str(snippet), "exec", flags, dont_inherit=True)

    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("a2e_async"):
            module = importlib.import_module(str(node.module))
            for alias in node.names:
                assert hasattr(module, alias.name) or importlib.import_module(f"{node.module}.{alias.name}")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "a2e":
            assert hasattr(A2E, node.attr), f"{snippet}: A2E has no {node.attr}"


async def run_page(path: Path, change: Callable[[str], str] = str) -> dict[str, Any]:
    """Run the snippets of a page, one after another.

    Returns: the names that they made.
    """
    found = snippets(path)
    async with A2E() as a2e:
        continues = any(not one.stands_alone and not one.not_run for one in found)
        shared = await given(a2e) if continues else {}

        for one in found:
            names = {"__name__": "docs"} if one.stands_alone else shared
            try:
                await run(one, names, change)
            except BaseException as error:
                error.add_note(str(one))
                raise
            shared |= {name: value for name, value in names.items() if name not in shared}

    for value in shared.values():
        if isinstance(value, MemoryObjectReceiveStream | MemoryObjectSendStream):
            value.close()
    return shared


if __name__ == "__main__":
    anyio.run(run_page, ROOT / sys.argv[1])
