"""The sandbox against Schemathesis, which makes up requests from the document and checks the replies."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from a2e_async.sandbox import Sandbox, ScaledClock
from tests.judge.prism import DOCUMENT

__all__ = ["Verdict", "judge_sandbox"]

CHECKS = ("not_a_server_error", "response_schema_conformance", "content_type_conformance")
PHASES = ("coverage", "fuzzing")
SPEED = 50.0  # seconds of the sandbox's clock per real second: tasks end while the run goes on
COINS = 10**12  # without coins, some starts are refused with a 200, which no schema declares

# OpenAPI 3.0 cannot declare the events of a stream. The document's schema is that of the whole text, which
# Schemathesis holds against each event.
FALSE_ALARMS = frozenset({"SSE event violates schema"})


@attrs.frozen
class Verdict:
    """What Schemathesis found.

    Attributes:
        operations: how many operations were tested.
        requests: how many requests were made up and sent.
        problems: one line for each kind of failure, with its operations.
    """

    operations: int
    requests: int
    problems: tuple[str, ...]


def judge_sandbox(program: Path, *, examples: int, seconds: int, seed: int = 1) -> Verdict:
    """Send requests that are made up from the document, valid and invalid, to a new sandbox.

    Args:
        program: the executable of Schemathesis.
        examples: the most requests that one phase makes up for one operation.
        seconds: the most time that it may take.
        seed: the seed of everything that is made up.
    """
    with Sandbox(clock=ScaledClock(SPEED), coins=COINS) as sandbox, tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [str(program.absolute()), "run", str(DOCUMENT), "--url", sandbox.url]
        command += ["--header", f"Authorization: Bearer {sandbox.token}"]
        command += ["--checks", ",".join(CHECKS), "--phases", ",".join(PHASES), "--warnings", "off"]
        command += ["--max-examples", str(examples), "--max-time", str(seconds), "--seed", str(seed)]
        command += ["--no-shrink", "--continue-on-failure"]
        command += ["--report", "json", "--report-json-path", str(report)]

        ended = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=seconds + 120, check=False
        )
        if not report.exists():
            raise RuntimeError(f"Schemathesis ended with {ended.returncode}: {ended.stdout[-2000:]}")
        return _read(json.loads(report.read_text("utf-8")))


def _read(raw: Mapping[str, Any]) -> Verdict:
    failures = [one for one in raw["failures"] if one["title"] not in FALSE_ALARMS]
    problems = [f"{one['title']}: {', '.join(one['operations'])}" for one in failures]
    problems += [f"error: {json.dumps(one)[:300]}" for one in raw.get("errors", ())]
    return Verdict(raw["operations"]["tested"], raw["test_cases"]["generated"], tuple(problems))
