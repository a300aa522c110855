"""Jobs from rows: values of any table become keywords, and all rows are checked before the first job."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from a2e_async import A2E, InvalidArgument
from a2e_async.row_jobs import RowJobs
from tests.unit.sample import TOKEN, Pictures, Service, client

A2E_ = A2E(TOKEN)
PICTURES = Pictures(client(Service()))


class NAType:
    """What pandas has for a missing value: it cannot be compared."""

    def __ne__(self, other: object) -> Any:
        return self

    def __bool__(self) -> bool:
        raise TypeError("ambiguous")


def bodies(rows: Any, workflow: Any = "text_to_image", **options: Any) -> list[dict[str, Any]]:
    return [dict(job.body) for job in A2E_.jobs(rows, workflow, **options)]


def refusal(rows: Any, workflow: Any = "text_to_image", **options: Any) -> str:
    with pytest.raises(InvalidArgument) as info:
        A2E_.jobs(rows, workflow, **options)
    return str(info.value)


def test_rows_become_jobs() -> None:
    rows = [
        {"key": "kite", "prompt": "a red kite", "max_images": 2, "quote": 30},
        {"key": "boat", "prompt": "a blue boat", "width": 768.0, "skip_face_enhance": True},
    ]
    jobs = A2E_.jobs(rows, workflow="text_to_image")
    assert len(jobs) == 2
    assert repr(jobs) == "<2 Jobs of rows>"
    first, second = jobs
    assert repr(first) == "Job(text_to_image, key='kite', quote=30.0, prompt='a red kite', max_images=2)"
    assert second.body == {"prompt": "a blue boat", "width": 768.0, "skip_face_enhance": True}
    assert [job.key for job in jobs] == ["kite", "boat"]  # as often as wanted


def test_the_rows_of_a_csv_file_are_taken_as_they_are() -> None:
    text = (
        "key,workflow,prompt,image_url,video_time,max_images,skip_face_enhance,input_images,quote\n"
        'a,text_to_image,"a, b",,,3,yes,"[""https://x.test/a.png"", ""https://x.test/b.png""]",12.5\n'
        "b,text-to-image,c,,,,no,https://x.test/a.png,\n"
        "c,image_to_video,d,https://x.test/a.png,10,,,,\n"
    )
    a, b, c = A2E_.jobs(csv.DictReader(io.StringIO(text)))
    assert a.body == {
        "prompt": "a, b",
        "max_images": 3,
        "skip_face_enhance": True,
        "input_images": ["https://x.test/a.png", "https://x.test/b.png"],
    }
    assert (a.quote, b.quote) == (12.5, None)
    assert b.body == {"prompt": "c", "skip_face_enhance": False, "input_images": ["https://x.test/a.png"]}
    assert (c.workflow.name, c.body["video_time"]) == ("image_to_video", 10)


def test_what_spreadsheets_and_frames_write_is_taken() -> None:
    [body] = bodies(csv.DictReader(io.StringIO("\ufeffprompt,max_images\nx,2.0\n")))
    assert body == {"prompt": "x", "max_images": 2}
    assert "'2.5' is not a whole number" in refusal([{"prompt": "x", "max_images": "2.5"}])
    assert "'inf' is not a whole number" in refusal([{"prompt": "x", "max_images": "inf"}])
    assert "'nan' is not a number" in refusal([{"prompt": "x", "width": "nan"}])


def test_columns_may_be_named_as_in_a_spreadsheet() -> None:
    rows = [{"Key": "k", "Prompt": "x", "Image URL": "https://x.test/a.png", " video-time ": "5"}]
    [job] = A2E_.jobs(rows, "image_to_video")
    assert job.key == "k"
    assert job.body == {"prompt": "x", "image_url": "https://x.test/a.png", "video_time": 5}
    assert refusal([{"prompt": "x", "Prompt": "y"}]) == "row 1: prompt: is given twice"
    assert refusal([{"key": "x", "KEY": "y", "prompt": "x"}]) == "row 1: key: is given twice"


def test_a_key_stays_the_same_if_another_row_has_none() -> None:
    rows = [{"prompt": "x", "key": key} for key in (17, 18.0, "19.0", 2.5)]
    keys = [job.key for job in A2E_.jobs(rows, "text_to_image")]
    assert keys == ["17", "18", "19.0", "2.5"]


def test_empty_cells_are_left_out() -> None:
    empty = [None, math.nan, "", "  ", NAType()]
    rows = [{"prompt": "x", "key": cell, "width": cell, "name": cell, "workflow": cell} for cell in empty]
    assert bodies(rows) == [{"prompt": "x"}] * 5


def test_a_workflow_itself_is_taken_with_its_type() -> None:
    jobs: RowJobs[Any] = A2E_.jobs([{"prompt": "x"}], A2E_.text_to_image)
    assert [job.workflow for job in jobs] == [A2E_.text_to_image]
    [job] = A2E_.jobs([{"prompt": "x", "source_url": "https://x.test/a.png"}], PICTURES)
    assert job.workflow is PICTURES


class Polars:
    """A frame that can name its rows."""

    columns = ("prompt", "width")

    def iter_rows(self, *, named: bool) -> Iterator[dict[str, Any]]:
        assert named
        return iter([{"prompt": "a", "width": 512}, {"prompt": "b", "width": None}])


class Pandas:
    """A frame whose rows are tuples."""

    columns = ("prompt", "width")

    def itertuples(self, *, index: bool, name: None) -> Iterator[tuple[Any, ...]]:
        assert not index
        return iter([("a", 512.0), ("b", math.nan)])


class Arrow:
    """A table in batches."""

    columns = ("prompt", "width")

    def to_batches(self) -> list[Any]:
        return [self, self]

    def to_pylist(self) -> list[dict[str, Any]]:
        return [{"prompt": "a", "width": 512}, {"prompt": "b", "width": None}]


@pytest.mark.parametrize("frame", [Polars(), Pandas(), Arrow()], ids=lambda frame: type(frame).__name__)
def test_frames_have_rows(frame: Any) -> None:
    assert bodies(frame)[:2] == [{"prompt": "a", "width": 512}, {"prompt": "b"}]
    assert len(A2E_.jobs(frame, "text_to_image")) == (4 if isinstance(frame, Arrow) else 2)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_frames_of_real_libraries(library: str) -> None:
    module = pytest.importorskip(library)
    columns = {
        "key": ["k1", "k2"],
        "prompt": ["a", "b"],
        "max_images": [2, None],
        "skip_face_enhance": [True, None],
    }
    frame = module.table(columns) if library == "pyarrow" else module.DataFrame(columns)
    assert bodies(frame) == [{"prompt": "a", "max_images": 2, "skip_face_enhance": True}, {"prompt": "b"}]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (
            {"prompt": "x" * 9, "max_images": 9},
            "row 3: max_images: 9 is out of bounds: at least 1 and at most 8",
        ),
        ({"prompt": "x", "max_images": "many"}, "row 3: max_images: 'many' is not a whole number"),
        (
            {"prompt": "x", "skip_face_enhance": "perhaps"},
            "row 3: skip_face_enhance: 'perhaps' is not true or false",
        ),
        ({"prompt": None}, "row 3: prompt: is required"),
        (
            {"promt": "x"},
            "row 3: promt: is not a keyword of text_to_image (did you mean 'prompt'?)",
        ),
        (
            {"prompt": "x", "remark": "y"},
            "row 3: remark: is not a keyword of text_to_image; leave out what is no keyword",
        ),
        ({"prompt": "x", "workflow": "text2image"}, "row 3: workflow: 'text2image' is not a workflow"),
        ({"prompt": "x", "workflow": 7}, "row 3: workflow: 7 is not the name of a workflow"),
        ({"prompt": "x", "workflow": "tts"}, "row 3: workflow: 'tts' is not a workflow"),
        ({"prompt": "x", "key": "k" * 201}, "row 3: key: "),
        ({"prompt": "x", "key": "one"}, "row 3: key: 'one' is also that of row 1"),
        ({"prompt": "x", "quote": "cheap"}, "row 3: quote: 'cheap' is not a number of coins"),
        ({"prompt": "x", None: ["y"]}, "row 3: row: has more cells than there are columns: ['y']"),
        ({"prompt": "x", 7: "y"}, "row 3: row: the name of a column is 7, not a string"),
        ({"prompt": "x", "input_images": '["x'}, "row 3: input_images: not JSON"),
        ("x", "row 3: row: 'x' is not a mapping of columns: it is a dict such as"),
        (["x"], "row 3: row: ['x'] is not a mapping of columns: csv.DictReader(file) names the cells"),
        (A2E_.text_to_image(prompt="x"), "row 3: row: Job(text_to_image, prompt='x') is not a mapping of"),
        ({"prompt;key": "x;1"}, "row 3: prompt;key: is not a keyword of text_to_image: are the columns sep"),
        (
            {"workflow": "text_to_image", "body": {}},
            "row 3: body: is not a keyword of text_to_image: of what",
        ),
    ],
)
def test_an_invalid_row_is_named_before_anything_is_started(row: Any, problem: str) -> None:
    rows = [{"prompt": "x", "key": "one"}, {"prompt": "y"}, row]
    assert refusal(rows).startswith(problem)
    assert refusal(iter(rows)).startswith(problem)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (
            "rows.csv",
            "rows: 'rows.csv' has no rows: for a file of comma-separated values give csv.DictReader",
        ),
        (Path("rows.csv"), "has no rows: for a file"),
        ({"prompt": "x"}, "rows: {'prompt': 'x'} has no rows: give a list of such mappings"),
        (7, "rows: 7 has no rows"),
        (A2E_.text_to_image.list(), "has no rows: read them first, [row async for row in rows]"),
    ],
)
def test_what_has_no_rows_is_refused(rows: Any, problem: str) -> None:
    assert problem in refusal(rows)


def test_a_row_without_a_workflow_is_refused() -> None:
    assert refusal([{"prompt": "x"}], None).startswith("row 1: workflow: is missing: give workflow=...")
    assert len(A2E_.jobs([])) == 0


# A row may come from anywhere. It names files of this machine only where the caller says so.


def test_a_text_names_no_file_unless_a_folder_is_given(tmp_path: Path) -> None:
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "a.png").write_bytes(b"png")
    (tmp_path / "secret.png").write_bytes(b"png")
    row = {"prompt": "x", "image_url": "a.png"}
    assert "row 1: image_url: 'a.png' is not a URL; if it is a file, name the folder" in refusal(
        [row], "image_to_video"
    )

    [body] = bodies([row], "image_to_video", files=tmp_path / "cats")
    assert body["image_url"] == tmp_path / "cats" / "a.png"
    for name in ("../secret.png", str(tmp_path / "secret.png"), "x/../../secret.png", "../cats2/a.png"):
        problem = refusal([{**row, "image_url": name}], "image_to_video", files=tmp_path / "cats")
        assert "is not in the folder" in problem
    assert "is neither a URL nor a file" in refusal(
        [{**row, "image_url": "b.png"}], "image_to_video", files=tmp_path
    )


@pytest.mark.parametrize("files", [None, "."])
def test_a_text_is_never_read_from_a_file(tmp_path: Path, monkeypatch: Any, files: str | None) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.json").write_text('["https://x.test/a.png"]')
    problem = refusal([{"prompt": "x", "style": "@list.json"}], PICTURES, files=files)
    assert "row 1: style: not JSON" in problem
    problem = refusal([{"prompt": "x", "source_urls": '["list.json"]'}], PICTURES, files=None)
    assert "row 1: source_urls[0]: 'list.json' is not a URL" in problem
    assert bodies([{"prompt": "@list.json"}], PICTURES) == [{"prompt": "@list.json"}]


def test_paths_and_bytes_in_rows_are_files(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"png")
    rows = [{"prompt": "x", "source_url": tmp_path / "a.png"}, {"prompt": "x", "source_url": b"png"}]
    assert [body["source_url"] for body in bodies(rows, PICTURES)] == [tmp_path / "a.png", b"png"]
