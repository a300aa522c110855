"""New families in the document: after `regenerate` alone they do everything that a workflow does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from a2e_async._spec.features import FEATURES
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
    shutil.copytree(ROOT / "a2e_async", made.package.parent, ignore=shutil.ignore_patterns("api"))
    shutil.copy(ROOT / "pyproject.toml", made.root)
    content = read(made.upstream)
    content["paths"] = {path: item for path, item in content["paths"].items() if path in KEPT}

    for name, traits in FAMILIES.items():
        content["paths"] |= new_family(name, **traits)
    source = save(tmp_path_factory.mktemp("upstream") / "new.json", content)
    assert codegen(["regenerate", str(source)], made.root) == 0

    return made.root


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_new_family_does_everything_that_a_workflow_does(home: Path, backend: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(home)}
    environment.pop("A2E_SANDBOX_SPEC", None)
    ended = subprocess.run(
        [sys.executable, "-W", "error", str(DRIVER), backend, ",".join(NAMES)],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr

    found = json.loads(ended.stdout)
    for name, traits in zip(NAMES, FAMILIES.values(), strict=True):
        seen = found["families"][name]
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

    # On the command line too.
    assert found["commands"].pop("made") == 2
    assert all(found["commands"].values()), found["commands"]
