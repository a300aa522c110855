"""Uses families that have just been generated into a package. test_new_family.py runs it.

    python new_family_driver.py BACKEND NAME,NAME…

Prints its observations as JSON.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import anyio

from a2e_async import A2E
from a2e_async.cli import main as cli
from a2e_async.sandbox import Sandbox, VirtualClock

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 64
MANY = 12


async def drive(a2e: Any, sandbox: Sandbox, name: str, folder: Path) -> dict[str, Any]:
    """Use one workflow in every way, and return the observations."""
    workflow = getattr(a2e, name)
    picture = folder / "cat.png"
    picture.write_bytes(PNG)

    result = await workflow(prompt="a kite", image_url=picture, name="first").run()
    paths = await result.download(folder / "one")
    found: dict[str, Any] = {
        "status": result.record.status,
        "type": type(result.record).__name__,
        "downloaded": [path.stat().st_size > 0 for path in paths],
        "again": (await workflow.task(result.task.id).wait()).record.id == result.record.id,
    }

    before = sandbox.ledger
    tasks: list[Any] = []

    async def start(number: int) -> None:
        tasks.append(await workflow(prompt=f"kite {number}", name=f"n{number}").start())

    async def wait(task: Any) -> None:
        await task.wait()

    for step, over in ((start, range(MANY)), (wait, tasks)):
        async with anyio.create_task_group() as group:
            for one in over:
                group.start_soon(step, one)
    after = sandbox.ledger
    found["reads"] = {
        role: after.count(f"{name}.{role}") - before.count(f"{name}.{role}")
        for role in ("batch_detail", "list", "get", "status")
    }
    found["together"] = max(after.batches.get(name, [0]))
    found["asked"] = sum(after.batches.get(name, [0])) - sum(before.batches.get(name, [0]))

    ids = [record.id async for record in workflow.list()]
    found["listed"] = {task.id for task in tasks} <= set(ids)
    detail = getattr(workflow, "get", None) or getattr(workflow, "status", None)
    if detail is not None:
        found["got"] = (await detail(ids[0])).id == ids[0]
    delete = getattr(workflow, "delete", None) or getattr(workflow, "remove", None)
    if delete is not None:
        await delete(ids[0])
        found["deleted"] = ids[0] not in [record.id async for record in workflow.list()]

    jobs = [workflow(prompt=f"bulk {number}").with_key(f"k{number}") for number in range(5)]
    outcomes = []
    for _ in range(2):
        run = a2e.bulk(jobs, journal=folder / "run.db", download_to=folder / "many")
        async with run:
            outcomes += [outcome async for outcome in run]
    found["bulk"] = [outcome.error is None and len(outcome.paths) > 0 for outcome in outcomes]
    found["replayed"] = sum(outcome.replayed for outcome in outcomes)
    found["made"] = sandbox.ledger.made(name)
    return found


async def drive_all(names: list[str]) -> dict[str, Any]:
    """Use all families, one after the other."""
    clock = VirtualClock(auto=True, step=0.5)
    found = {}

    with tempfile.TemporaryDirectory() as folder:
        async with (
            Sandbox(clock=clock, durations={"*": (10.0, 2.0)}) as sandbox,
            A2E(sandbox.token, base_url=sandbox.url, clock=clock) as a2e,
        ):
            for name in names:
                place = Path(folder) / name
                place.mkdir()
                found[name] = await drive(a2e, sandbox, name, place)

    return found


def a2e(*arguments: str) -> str:
    """Run a command, and return what it prints."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(out):
        code = cli(arguments)
        out.flush()
    assert code == 0, arguments
    return out.buffer.getvalue().decode()


def command(sandbox: Sandbox, folder: Path) -> dict[str, Any]:
    """Use two families on the command line, and return the observations."""
    os.environ |= {"A2E_BASE_URL": sandbox.url, "A2E_API_TOKEN": sandbox.token}
    name, picture = "new_kite", folder / "cat.png"
    picture.write_bytes(PNG)
    inputs = ("--prompt", "sandbox:sync", "--image-url", str(picture), "--json")

    facts = json.loads(a2e("run", name, *inputs, "--out", str(folder / "one")))
    found: dict[str, Any] = {
        "file": Path(facts["files"][0]).is_file(),
        "listed": facts["id"] in a2e("list", name),
        "waited": facts["id"] in a2e("wait", name, facts["id"], "--json"),
        "got": json.loads(a2e("call", name, "get", "--id", facts["id"]))["_id"] == facts["id"],
        "named": name in a2e("workflows"),
    }

    job = {"workflow": name, "key": "one", "prompt": "sandbox:sync", "image_url": str(picture)}
    jobs = folder / "jobs.jsonl"
    jobs.write_text(json.dumps(job))
    a2e("bulk", str(jobs), "--journal", str(folder / "run.db"), "--out", str(folder / "many"))
    found["bulk"] = (folder / "many" / "one.mp4").is_file()
    found["made"] = sandbox.ledger.made(name)

    # This one has another detail route.
    facts = json.loads(a2e("run", "new_plane", *inputs, "--out", str(folder / "two")))
    found["status"] = (
        json.loads(a2e("call", "new_plane", "status", "--id", facts["id"]))["_id"] == facts["id"]
    )
    return found


def command_all() -> dict[str, Any]:
    """Use the command line, in a sandbox of its own."""
    with tempfile.TemporaryDirectory() as folder, Sandbox(durations={"*": 0.05}) as sandbox:
        return command(sandbox, Path(folder))


if __name__ == "__main__":
    observed = {
        "families": anyio.run(drive_all, sys.argv[2].split(","), backend=sys.argv[1]),
        "commands": command_all(),
    }
    json.dump(observed, sys.stdout)
