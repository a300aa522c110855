"""Hand a complete download over to an object store or a shared folder."""

from __future__ import annotations

import threading
from pathlib import Path

import attrs

from a2e_async._files.destination import SavedFile
from a2e_async._files.open_files import disk_problem
from a2e_async._files.part_file import PartFile
from a2e_async._files.stores import Store, StoreError, put_in_store
from a2e_async.clock import Clock
from a2e_async.errors import DownloadError
from a2e_async.task_groups import in_stoppable_thread
from a2e_async.tries import Tries

__all__ = ["hand_over"]


async def hand_over(
    part: PartFile, store: Store, target: SavedFile, *, overwrite: bool, url: str, tries: Tries, clock: Clock
) -> SavedFile:
    """Give a complete file to a store, and remove the part. If that fails, the part stays.

    Args:
        part: the file.
        store: takes it.
        target: the file as it is to be, under a safe name.
        overwrite: replace an existing file.
        url: of the download, for the error.
        tries: counts them.
        clock: for pauses.

    Raises:
        DownloadError: the store does not take it.
    """

    def work(stop: threading.Event) -> tuple[str, bool]:
        def take(source: Path) -> tuple[str, bool]:
            return put_in_store(
                store, source, target.name, overwrite=overwrite, content_type=target.content_type, stop=stop
            )

        return part.hand_over(take)

    while True:
        tries.begin()
        try:
            name, reused = await in_stoppable_thread(work)
        except StoreError as error:
            pause = tries.pause(error, None) if error.may_pass else None
            if pause is None:
                gave_up = f"gave up after {tries.text}: " if error.may_pass else ""
                raise DownloadError(f"{gave_up}{error}", url=url) from error
        except OSError as error:
            raise DownloadError(disk_problem(error, part.path, "read"), url=url) from error
        else:
            return attrs.evolve(target, path=store.locate(name), reused=reused)
        await clock.sleep(pause)
