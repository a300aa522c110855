"""Make a picture of each row of a CSV file. Stopped or crashed? Run it again: nothing is paid for twice.

`python csv_bulk.py kites.csv`: the columns are `key`, `prompt`, and any other keyword of the workflow.
Beside the table it writes a folder with the files, a journal, and a table of what became of each row.
"""

import asyncio
import csv
import sys
from pathlib import Path

from a2e_async import A2E, StartPolicy

MOST_COINS = 500


async def main(table: Path) -> None:
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))

    start = StartPolicy(resubmit=True)  # a start that is not found after three minutes was never made
    async with A2E(start=start) as a2e:
        jobs = a2e.jobs(rows, a2e.text_to_image)  # every row is checked before anything is paid
        journal, folder = table.with_suffix(".db"), table.with_suffix("")

        async with a2e.bulk(jobs, journal=journal, download_to=folder, max_coins=MOST_COINS) as run:
            with table.with_name(f"{table.stem}-done.csv").open("w", encoding="utf-8", newline="") as file:
                done = csv.writer(file)
                done.writerow(["key", "coins", "files", "error"])

                async for outcome in run:
                    coins = outcome.result.coins if outcome.result else None
                    files = " ".join(map(str, outcome.paths))
                    done.writerow([outcome.key, coins, files, outcome.error])
                    print(outcome.key, outcome.error or files)

    print(run.summary())
    if run.stopped:
        sys.exit(f"not all were started: {run.stopped}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    asyncio.run(main(Path(sys.argv[1])))
