"""What editors show for this package, by the engines of most of them: Pyright's server and Jedi.

Neither shows the words of a keyword in a call of a workflow, which is an object, while the pointer is on it.
They are shown while the call is written, and for the workflow.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.language_server import LanguageServer

ROOT = Path(__file__).parents[1]
SERVER = Path(sysconfig.get_path("scripts"), "pyright-langserver" + (".exe" if os.name == "nt" else ""))

ASYNC = """\
from a2e_async import A2E


async def main(a2e: A2E) -> None:
    job = a2e.image_to_video(image_url="https://a.example/a.png", prompt="rain")
    a2e.text_to_image.list(page_size=3)
    a2e.kling_omni(multi_prompt=[{"duration": "5"}])
    await a2e.anchor.voice_list(country="en")
    result = await job.run()
    await result.download("out")
    print(result.record.result_url, result.record.status)
    await a2e.flux2.get("id", request_timeout=5)
    a2e.image_to_video(image_url=
"""
SYNC = ASYNC.replace("a2e_async import", "a2e_async.sync import").replace("async ", "").replace("await ", "")
CODE = {"async": ASYNC, "sync": SYNC}

MEDIA = "A URL, a Path, bytes, an `Upload` or a `Result`."
SHOWN: Mapping[str, list[str]] = {
    "image_to_video": [
        "Image to Video: start image to video conversion.",
        "end_image_url is needed with model_type FLF2V.",
        f"image_url (Media, required): The picture to animate; it is the first frame. {MEDIA}",
        "prompt (str): What is wanted, in words.",
        "video_time (int): Seconds. One of 5, 10, 15, 20. Server default: 5.",
        "number_of_images (int): How many videos are made. 1 to 8. Server default: 1.",
        "A Job. Nothing is sent until it is started.",
        'job = a2e.image_to_video(image_url=Path("cat.png"))',
        "prompt_extension",
    ],
    "anchor": ["Generate Avatar Videos.", "voice_list(): List available voices (GET)."],
    "list": ["Get all text to image records.", "page_size: Records per page.", "iterator over the records"],
    "voice_list": ["List available voices", "country: The language of the voices", "VoiceGroup"],
    "run": ["Start the task and wait for its result.", "timeout: seconds for all of it"],
    "download": ["Download everything that was made.", "name: the files' name without extension"],
}
"""A word of the code, and what both engines show for it."""

ONLY_PYRIGHT: Mapping[str, list[str]] = {
    "run": ["Result[ImageToVideoRecord]"],
    "page_size": ["page_size: Records per page."],
    '"duration"': ["Seconds."],
    "result_url": ["The result; empty until it is done."],
    "status": ["Its status in lower case."],
    "request_timeout": ["Seconds for this request, instead of the client's setting."],
}

pytestmark = pytest.mark.slow


def place(code: str, word: str) -> tuple[int, int]:
    """Where a word is in the code for the first time, from 0."""
    before = code[: code.index(word)]
    return before.count("\n"), len(before) - before.rfind("\n")


def check(code: str, shown: Mapping[str, list[str]], hover: Callable[[int, int], str]) -> None:
    """Check what is shown for each word."""
    for word, expected in shown.items():
        told = hover(*place(code, word))
        for words in expected:
            assert words in told, (word, told)


@pytest.mark.skipif(not SERVER.exists(), reason="Pyright is in the group lint")
def test_pyright() -> None:
    with LanguageServer([str(SERVER), "--stdio"], ROOT) as server:
        for name, code in CODE.items():
            file = f"{name}_editor.py"
            server.open(file, code)

            def hover(line: int, column: int, file: str = file) -> str:
                return server.hover(file, line, column)

            check(code, SHOWN, hover)
            check(code, ONLY_PYRIGHT, hover)

            lines = code.splitlines()
            label, words = server.signature(file, len(lines) - 1, len(lines[-1]))
            assert "(*, image_url: Media, name: str | None = None, " in label
            assert "number_of_images: int | None = None, " in label
            assert "request_timeout: float = ..." in label
            assert "-> Job[" in label
            assert words == f"image_url: The picture to animate; it is the first frame. {MEDIA}"


def test_jedi() -> None:
    jedi = pytest.importorskip("jedi", reason="Jedi is in the group lint")
    environment = jedi.create_environment(sys.prefix, safe=False)
    for name, code in CODE.items():
        script = jedi.Script(
            code,
            path=ROOT / f"{name}_editor.py",
            environment=environment,
            project=jedi.Project(ROOT),
        )

        def hover(line: int, column: int, script: object = script) -> str:
            return "\n".join(each.docstring() for each in script.help(line + 1, column))  # type: ignore[attr-defined]

        check(code, SHOWN, hover)

        lines = code.splitlines()
        (signature,) = script.get_signatures(len(lines), len(lines[-1]))
        given = {each.name: each.to_string() for each in signature.params}
        assert given["image_url"] == "image_url: Media"
        assert given["model_type"].startswith('model_type: Literal["GENERAL", "FLF2V"]')
