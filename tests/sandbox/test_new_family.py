"""New families in the document: after `regenerate` alone they do everything that a workflow does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from a2e_async._spec.features import FEATURES
from a2e_async.sandbox import Sandbox
from codegen.__main__ import main as codegen
from codegen.build import Layout
from codegen.document.tree import read
from tests.codegen.documents import ROOT, save
from tests.sandbox.families_kit import FAMILIES, NAMES, new_family

DRIVER = Path(__file__).with_name("new_family_driver.py")
KEPT = frozenset(one.path for one in FEATURES)
"""What remains of the document: generating its other families would only take time."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, regenerated with the new families and the few routes that they need besides."""
    made = Layout(tmp_path_factory.mktemp("home"))
    shutil.copytree(ROOT / "openapi", made.upstream.parent)
    shutil.copytree(
        ROOT / "a2e_async", made.package.parent, ignore=shutil.ignore_patterns("__pycache__", "api")
    )
    shutil.copy(ROOT / "pyproject.toml", made.root)
    content = read(made.upstream)
    content["paths"] = {path: item for path, item in content["paths"].items() if path in KEPT}

    for name, traits in FAMILIES.items():
        content["paths"] |= new_family(name, **traits)
    source = save(tmp_path_factory.mktemp("upstream") / "new.json", content)
    assert codegen(["regenerate", str(source)], made.root) == 0

    return made.root


def in_home(home: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(home), **more}
    environment.pop("A2E_SANDBOX_SPEC", None)
    return subprocess.run(
        [sys.executable, *command],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_new_family_does_everything_that_a_workflow_does(home: Path, backend: str) -> None:
    ended = in_home(home, "-W", "error", str(DRIVER), backend, ",".join(NAMES))
    assert ended.returncode == 0, ended.stderr

    found = json.loads(ended.stdout)
    for name, traits in zip(NAMES, FAMILIES.values(), strict=True):
        seen = found[name]
        assert seen["status"] == "completed", name
        assert seen["type"] == "".join(word.capitalize() for word in name.split("_")) + "Record"
        assert seen["downloaded"] == [True]
        assert seen["again"]
        assert seen["listed"]
        assert seen.get("got", True)
        assert ("got" in seen) == ("detail" in traits)
        assert seen.get("deleted", True)
        assert ("deleted" in seen) == ("delete" in traits)
        assert seen["bulk"] == [True] * 10
        assert seen["replayed"] == 5
        assert seen["made"] == 1 + 12 + 5

        # Tasks that wait together are read together, by the best route that the family has.
        if traits["batch"]:
            assert seen["together"] >= 10 if "most" not in traits else seen["together"] == traits["most"]
            assert seen["asked"] > 1.5 * seen["reads"]["batch_detail"]
            assert seen["reads"]["get"] == seen["reads"]["list"] == 0
        else:
            assert seen["reads"]["list"] > 0


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Sandbox]:
    with Sandbox(document=home / "openapi" / "a2e.json", durations={"*": 0.05}) as sandbox:
        yield sandbox


@pytest.fixture
def picture(tmp_path: Path) -> str:
    (tmp_path / "cat.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 64)
    return str(tmp_path / "cat.png")


def a2e(home: Path, server: Sandbox, *arguments: str) -> str:
    """Run a command, and return what it prints."""
    access = {"A2E_BASE_URL": server.url, "A2E_API_TOKEN": server.token}
    ended = in_home(home, "-m", "a2e_async", *arguments, **access)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_it_is_on_the_command_line(home: Path, server: Sandbox, picture: str, tmp_path: Path) -> None:
    name, out = "new_kite", str(tmp_path / "out")
    inputs = ("--prompt", "sandbox:sync", "--image-url", picture)
    facts = json.loads(a2e(home, server, "run", name, *inputs, "--out", out, "--json"))
    assert Path(facts["files"][0]).is_file()
    assert facts["id"] in a2e(home, server, "list", name)
    a2e(home, server, "wait", name, facts["id"])
    assert json.loads(a2e(home, server, "call", name, "get", "--id", facts["id"]))["_id"] == facts["id"]
    assert name in a2e(home, server, "workflows")

    job = {"workflow": name, "key": "one", "prompt": "sandbox:sync", "image_url": picture}
    (tmp_path / "jobs.jsonl").write_text(json.dumps(job))
    journal = str(tmp_path / "run.db")
    a2e(home, server, "bulk", str(tmp_path / "jobs.jsonl"), "--journal", journal, "--out", out)
    assert (tmp_path / "out").joinpath("one.mp4").is_file()
    assert server.ledger.made(name) == 2


def test_another_detail_route_is_there_too(home: Path, server: Sandbox, picture: str, tmp_path: Path) -> None:
    inputs = ("--prompt", "sandbox:sync", "--image-url", picture, "--out", str(tmp_path))
    facts = json.loads(a2e(home, server, "run", "new_plane", *inputs, "--json"))
    record = json.loads(a2e(home, server, "call", "new_plane", "status", "--id", facts["id"]))
    assert record["_id"] == facts["id"]


def test_the_new_modules_are_typed(home: Path) -> None:
    ended = in_home(home, "-m", "mypy", "--strict", *(f"a2e_async/api/{name}.py" for name in NAMES))
    assert ended.returncode == 0, ended.stdout
