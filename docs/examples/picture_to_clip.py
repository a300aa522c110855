"""A pipeline of two workflows: paint a picture of each prompt, then let it move.

`python picture_to_clip.py "a red kite" "a blue boat"`. Each prompt goes its own way: no clip waits for
another's picture. Stopped or crashed? Run it again: each step that was paid for is taken from the journal.
"""

import asyncio
import sys
from pathlib import Path

from a2e_async import A2E, A2EError, OpenRun, StartPolicy


async def make(a2e: A2E, run: OpenRun, number: int, prompt: str) -> None:
    try:
        picture = await run.result(a2e.text_to_image(prompt=prompt).with_key(f"{number}-picture"))
        clip = a2e.image_to_video(image_url=picture, prompt=f"{prompt}, it moves gently")
        result = await run.result(clip.with_key(f"{number}-clip"))
    except A2EError as error:
        print(f"{prompt}: {error}", file=sys.stderr)  # the others go on
    else:
        print(prompt, await result.download(Path("clips"), name=f"{number}-clip"))


async def main(prompts: list[str]) -> None:
    start = StartPolicy(resubmit=True)  # a start that is not found after three minutes was never made
    async with (
        A2E(start=start) as a2e,
        a2e.bulk(journal="pipeline.db", concurrency=16, max_coins=500) as run,
        asyncio.TaskGroup() as group,
    ):
        for number, prompt in enumerate(prompts, 1):
            group.create_task(make(a2e, run, number, prompt))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    asyncio.run(main(sys.argv[1:]))
