"""The process of `test_bulk_promise`: many rows of one family, with a journal. Options are JSON in argv."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import anyio

from a2e_async import A2E, Job, StartPolicy
from a2e_async.sandbox import ScaledClock


def jobs(a2e: A2E, family: str, count: int) -> Iterator[Job[Any]]:
    """The rows, without keys."""
    for number in range(count):
        if family == "text_to_image":
            yield a2e.text_to_image(prompt=f"kite {number}")
        else:
            yield a2e.image_to_video(image_url=f"https://e.com/{number}.png", prompt="it waves")


async def main(given: Mapping[str, Any]) -> None:
    """Run all rows and write the ids of the delivered tasks."""
    client = A2E(
        given["token"],
        base_url=given["url"],
        clock=ScaledClock(given["speed"]),
        start=StartPolicy(resubmit=True),
    )
    async with client as a2e:
        rows = jobs(a2e, given["family"], given["jobs"])
        async with a2e.bulk(rows, concurrency=20, journal=given["journal"], retries=1) as run:
            ids = [outcome.result.task.id async for outcome in run if outcome.result]
    sys.stdout.write(json.dumps(ids))


if __name__ == "__main__":
    anyio.run(main, json.loads(sys.argv[1]))
