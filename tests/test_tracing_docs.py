"""The example of docs/tracing.md runs as it stands, in a process of its own: providers are set once."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from pathlib import Path

import anyio
import pytest

from a2e_async.sandbox import Sandbox

TEXT = (Path(__file__).parents[1] / "docs" / "tracing.md").read_text("utf-8")


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_the_example_runs() -> None:
    found = re.search(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None
    imports, _, rest = found[1].partition("\nprovider")
    body = textwrap.indent(f"provider{rest}", "    ")
    program = f"{imports}\nimport anyio\nasync def main():\n{body}\nanyio.run(main)"

    async with Sandbox(durations={"text_to_image": (0.05, 0.0)}) as sandbox:
        variables = {**os.environ, "A2E_API_TOKEN": sandbox.token, "A2E_BASE_URL": sandbox.url}
        done = await anyio.run_process([sys.executable, "-c", program], env=variables, stderr=None)
    names = set(re.findall(r'^ {4}"name": "(.+?)"', done.stdout.decode(), re.MULTILINE))
    assert names == {"order", "generate text_to_image", "poll text_to_image"}
