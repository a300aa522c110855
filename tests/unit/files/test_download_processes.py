"""Two processes download the same files to one folder at the same time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.unit.files.kit import MP4

FILES = 6
ROOT = Path(__file__).parents[3]

PROGRAM = """
import json, sys
import anyio
from a2e_async._files.places import place_of
from a2e_async._files.shared_folder import SharedFolder
from tests.unit.files.kit import MP4, URL, Host, downloader

async def main():
    print("ready", flush=True)
    sys.stdin.readline()
    saved = []
    for folder in (sys.argv[1], SharedFolder(place_of("folder", sys.argv[2]))):
        for number in range(int(sys.argv[3])):
            host = Host(MP4, etag="")
            saved.append(await downloader(host).download(URL, folder=folder, name=f"job {number}"))
    print(json.dumps([str(file.path) for file in saved]))

anyio.run(main)
"""


def test_each_file_is_there_once_and_whole(tmp_path: Path) -> None:
    """In a plain folder, and in one that machines share."""
    folders = [tmp_path / "plain", tmp_path / "shared"]
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    command = [sys.executable, "-c", PROGRAM, *map(str, folders), str(FILES)]
    workers = [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env={"TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"

    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    answers = [worker.communicate(timeout=60)[0] for worker in workers]

    expected = [str(folder / f"job {number}.mp4") for folder in folders for number in range(FILES)]
    assert [json.loads(answer) for answer in answers] == [expected, expected]
    there = [path for folder in folders for path in folder.iterdir()]
    assert sorted(map(str, there)) == sorted(expected)
    assert all(path.read_bytes() == MP4 for path in there)
    assert not [path for folder in temporary.iterdir() for path in folder.iterdir()]
