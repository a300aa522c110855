"""``python -m tests.judge``: strangers judge client, sandbox and summary. Exits with 1 if they object."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import anyio

from tests.judge.optic import judge_summary
from tests.judge.prism import judge_client, serving
from tests.judge.schemathesis import judge_sandbox


def main() -> int:
    """Run those that are there. Returns the exit code."""
    given = _arguments()
    good = True

    if given.prism is not None:
        with serving(given.prism) as url:
            calls = anyio.run(judge_client, url)
        bad = [call for call in calls if call.problems]
        good = not bad
        _say(f"Prism: {len(calls)} operations called, {len(calls) - len(bad)} without a problem")
        for call in bad:
            _say(f"  {call.name} ({call.key}): {'; '.join(call.problems)}")

    if given.schemathesis is not None:
        verdict = judge_sandbox(given.schemathesis, examples=given.examples, seconds=given.seconds)
        good = good and not verdict.problems
        _say(
            f"Schemathesis: {verdict.requests} requests to {verdict.operations} operations, "
            f"{len(verdict.problems)} kinds of problems"
        )
        for problem in verdict.problems:
            _say(f"  {problem}")

    if given.optic is not None:
        opinions = judge_summary(given.optic)
        wrong = [one for one in opinions if one.problem]
        good = good and not wrong
        _say(f"Optic: {len(opinions)} pairs of documents, {len(opinions) - len(wrong)} without a problem")
        for one in wrong:
            _say(f"  {one.name}: {one.problem}")

    return 0 if good else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.judge", description=__doc__)
    parser.add_argument("--prism", type=Path, help="the executable of Prism; without it, it does not judge")
    parser.add_argument("--schemathesis", type=Path, help="the executable of Schemathesis; likewise")
    parser.add_argument("--optic", type=Path, help="the executable of Optic; likewise")
    parser.add_argument("--examples", type=int, default=8, help="requests for one operation and phase")
    parser.add_argument("--seconds", type=int, default=300, help="the most time that Schemathesis may take")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
