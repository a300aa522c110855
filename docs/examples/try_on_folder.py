"""Try every piece of a folder on one person.

`python try_on_folder.py person.png clothes/`. It says first what it would cost. Then it makes a picture of
each piece, and a page that shows all of them: worn/index.html.
"""

import asyncio
import sys
from pathlib import Path

from a2e_async import A2E, StartPolicy

PICTURES = {".jpg", ".jpeg", ".png", ".webp"}


async def main(person: Path, pieces: list[Path]) -> None:
    out = Path("worn")
    async with A2E(start=StartPolicy(resubmit=True)) as a2e:
        jobs = [
            a2e.virtual_try_on(image_urls=[person, piece]).with_key(piece.stem)  # the person is sent once
            for piece in pieces
        ]
        quote, balance = await a2e.quote(jobs[0]), await a2e.balance()
        print(f"{len(jobs)} pieces, {quote.coins} coins each; the account has {balance.coins}")

        async with a2e.bulk(jobs, journal="worn.db", download_to=out) as run:
            page = run.gallery(out / "index.html")
            async for outcome in run:
                print(outcome.key, outcome.error or outcome.paths[0])
        print("see", page)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    found = sorted(path for path in Path(sys.argv[2]).iterdir() if path.suffix.lower() in PICTURES)
    if not found:
        sys.exit(f"no pictures in {sys.argv[2]}")
    asyncio.run(main(Path(sys.argv[1]), found))
