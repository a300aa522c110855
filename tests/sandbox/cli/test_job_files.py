"""Job files as editors and spreadsheets write them. What cannot be read is refused with its line."""

from __future__ import annotations

import codecs
import io
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from a2e_async import A2E, InvalidArgument
from a2e_async.cli.lines import jobs_in
from a2e_async.sandbox import Sandbox
from tests.sandbox.cli.kit import PNG, Run

WORDS = "ein grüßender Käfer 图 🐞"
LINE = '{"workflow": "text_to_image", "key": "a", "prompt": "%s"}\n'
WITH_BOM = "utf-8-sig"


def bodies(content: bytes, folder: Path, **options: Any) -> list[tuple[str, str | None, Any]]:
    """Workflow, key and body of each job in a file."""
    path = folder / "jobs"
    path.write_bytes(content)
    return [(job.workflow.name, job.key, dict(job.body)) for job in jobs_in(A2E("sk_x"), path, **options)]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", WITH_BOM, "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-16-le+mark", "utf-16-be+mark"],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_json_lines_of_any_unicode_encoding_and_line_end(encoding: str, end: str, tmp_path: Path) -> None:
    name, _, mark = encoding.partition("+")
    text = ("\ufeff" if mark else "") + (LINE % WORDS).replace("\n", end) * 2 + end
    found = bodies(text.encode(name), tmp_path)
    assert found == [("text_to_image", "a", {"prompt": WORDS})] * 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", WITH_BOM, "utf-16"])
def test_a_table_of_a_spreadsheet(delimiter: str, encoding: str, tmp_path: Path) -> None:
    rows = [
        ["workflow", "key", "prompt", "image_url", "video_time", "skip_face_enhance", ""],
        ["image_to_video", "one", f'"{WORDS}; ""so"",\nit says"', "https://e.com/a.png", "10", "TRUE", ""],
        ["", "", "", "", "", "", ""],
        ["text-to-image", "two", "a kite", "", "", "", ""],
    ]
    text = "\r\n".join(delimiter.join(cells) for cells in rows) + "\r\n"
    one, two = bodies(text.encode(encoding), tmp_path)

    assert one[:2] == ("image_to_video", "one")
    assert one[2]["prompt"] == f'{WORDS}; "so",\nit says'
    assert (one[2]["image_url"], one[2]["video_time"]) == ("https://e.com/a.png", 10)
    assert two == ("text_to_image", "two", {"prompt": "a kite"})


def test_a_table_may_say_its_delimiter_and_hold_lists_objects_and_files(tmp_path: Path) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(PNG)

    text = (
        "sep=;\n\nworkflow;name;image_urls;product_rect;body\n"
        f'product_avatar;n;"[""{picture}"", ""https://e.com/b.png""]";"{{""x"": 0, ""y"": 0, ""width"": 1, '
        '""height"": 1, ""rotation"": 0, ""scale"": 1}";\n'
        'dubbing;;;;"{""source_url"": ""https://e.com/a.mp4""}"\n'
    )

    avatar, dubbing = bodies(text.encode(), tmp_path)
    assert avatar[2]["image_urls"] == [picture, "https://e.com/b.png"]
    assert avatar[2]["product_rect"]["scale"] == 1
    assert dubbing[2] == {"source_url": "https://e.com/a.mp4"}


def test_columns_may_be_named_as_in_a_spreadsheet(tmp_path: Path) -> None:
    table = "Workflow, Key ,Image URL,image-url,PROMPT\n"
    with pytest.raises(InvalidArgument, match="the column 'image_url' is there twice"):
        bodies(table.encode(), tmp_path)

    table = "Workflow, Key ,Image URL,PROMPT\nimage-to-video,a,https://e.com/a.png,B\n"
    assert bodies(table.encode(), tmp_path)[0][2]["image_url"] == "https://e.com/a.png"


@pytest.mark.parametrize(
    "lines",
    [
        "workflow,prompt,quote\ntext_to_image,a,7.5",
        '{"workflow": "text_to_image", "prompt": "a", "quote": 7.5}',
    ],
)
def test_a_line_may_say_what_its_job_costs(lines: str, tmp_path: Path) -> None:
    path = tmp_path / "jobs"
    path.write_text(lines)
    assert [job.quote for job in jobs_in(A2E("sk_x"), path)] == [7.5]

    path.write_text("workflow,prompt,quote\ntext_to_image,a,cheap")
    with pytest.raises(InvalidArgument, match="quote: 'cheap' is not a number of coins"):
        list(jobs_in(A2E("sk_x"), path))


def test_an_older_encoding_is_read_by_its_name(tmp_path: Path) -> None:
    table = "workflow;prompt\ntext_to_image;ein Käfer für 5 €\n".encode("cp1252")
    assert bodies(table, tmp_path, encoding="cp1252")[0][2] == {"prompt": "ein Käfer für 5 €"}

    marked = codecs.BOM_UTF8 + (LINE % "a").encode()
    assert bodies(marked, tmp_path, encoding="utf-8")[0][2] == {"prompt": "a"}


GOOD = (LINE % "a").encode()
OPEN = b'%b{"workflow": "text_to_image", "prompt": "a", ' % GOOD


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD + (LINE % "Käfer").encode("cp1252"), "line 2: is not UTF-8 (byte 0xe4): save the file"),
        (GOOD + b"\x00" * 20, "line 2: JSON: "),
        (GOOD + LINE.encode() % b"a\x00b", "line 2: JSON: Invalid control character"),
        (OPEN + b"}", "line 2: JSON: "),
        (OPEN + b'"seed": NaN}', "line 2: JSON: NaN is not JSON"),
        (OPEN + b'"seed": 1e999}', "line 2: JSON: 1e999 is too large"),
        (OPEN + b'"prompt": "b"}', "the key 'prompt' is given twice"),
        (GOOD + b'{"body": {"a": {"b": 1, "b": 1}}}', "line 2: JSON: the key 'b' is given twice"),
        (GOOD + b'{"a": ' + b"[" * 100_000, "line 2: JSON: "),
        (GOOD + GOOD.strip() * 2, "line 2: JSON: Extra data"),
        ((LINE % "a" * 2).encode("utf-16-le") + b"\x00", "line 3: is not UTF-16-LE"),
        ((LINE % "a").encode("utf-16") + b"\x00\xd8\n\x00", "line 2: is not UTF-16"),
        (b"workflow;prompt\ntext_to_image;K\xe4fer\n", "line 2: is not UTF-8 (byte 0xe4)"),
        (b"workflow,prompt,prompt\n", "line 1: the column 'prompt' is there twice"),
        (b"workflow,prompt\ntext_to_image,a,b\n", "line 2: 'b' is in a column without a name"),
        (b'workflow,prompt\ntext_to_image,"a\n', "line 2: CSV: "),
        (b'workflow,prompt\ntext_to_image,"a\nb"\ntext_to_imag,a\n', "line 4: text_to_imag: no such"),
        (b"workflow,prompt,promt\ntext_to_image,a,b\n", "line 2: promt: unknown keyword"),
        (b"workflow,image_url,prompt\nimage_to_video,no.png,a\n", "line 2: image_url: 'no.png' is neither"),
        (b"workflow,prompt,body\ntext_to_image,a,x\n", "line 2: body: not JSON"),
        (b"workflow,prompt\n,a\n", "line 2: workflow: is missing"),
        (b"\nprompt,key\na,b\n", "line 2: is neither a JSON object nor the names of columns"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "line 1: is not UTF-8 (byte 0x89)"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_line(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument) as refused:
        bodies(content, tmp_path)
    assert message in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"\n\r\n \n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_an_empty_file_has_no_jobs(content: bytes, tmp_path: Path) -> None:
    assert bodies(content, tmp_path) == []


def test_bulk_runs_a_table_and_starts_nothing_of_a_broken_one(a2e: Run, sandbox: Sandbox) -> None:
    text = "workflow;key;prompt\r\ntext_to_image;Käfer;sandbox:sync Käfer\r\n"
    Path("jobs.csv").write_bytes(text.encode("cp1252"))
    refused = a2e("bulk", "jobs.csv")
    assert (refused.code, refused.out) == (2, [])
    assert "line 2: is not UTF-8 (byte 0xe4)" in refused.err[0]
    assert sandbox.ledger.made() == 0

    ended = a2e("bulk", "jobs.csv", "--encoding", "windows-1252", "--out", "out")
    assert (ended.code, ended.out[0].split("\t")[1]) == (0, "Käfer")
    assert "no such encoding: 'klingon'" in a2e("bulk", "jobs.csv", "--encoding", "klingon").err[0]


def test_stdin_is_read_as_bytes(a2e: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    content = (LINE % f"sandbox:sync {WORDS}").encode("utf-16")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="ascii"))
    assert a2e("bulk", "-").code == 0
    assert sandbox.call(lambda world: [task.body["prompt"] for task in world.tasks.values()]) == [
        f"sandbox:sync {WORDS}"
    ]

    monkeypatch.setattr(sys, "stdin", None)
    assert "stdin, which is closed" in a2e("bulk", "-").err[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_a_pipe_is_read_like_stdin(a2e: Run, sandbox: Sandbox) -> None:
    os.mkfifo("pipe")
    writer = threading.Thread(target=Path("pipe").write_text, args=(LINE % "sandbox:sync",))
    writer.start()
    assert a2e("bulk", "pipe").code == 0
    writer.join()
    assert sandbox.ledger.made() == 1


def test_json_options_are_read_as_strictly(a2e: Run) -> None:
    Path("extra.json").write_text('{"seed": 5}', encoding="utf-16")
    run = ("run", "text_to_image", "--prompt", "sandbox:sync", "--no-wait", "--extra")
    assert a2e(*run, "@extra.json").code == 0
    Path("extra.json").write_bytes(b'{"seed": "K\xe4fer"}')
    assert "line 1: is not UTF-8" in a2e(*run, "@extra.json").err[0]
    assert "given twice" in a2e(*run, '{"seed": 5, "seed": 6}').err[0]
