"""What type checkers infer of the stub. They check this module; running it shows that the same is so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_type

from a2e_async.api.image_to_video import ImageToVideoRecord
from a2e_async.api.text_to_image import TextToImageRecord
from a2e_async.sync import A2E, BulkRun, Job, OpenRun, Outcome, Result, Task, TaskRecord, Upload


def test_a_job_and_all_that_comes_of_it(a2e: A2E, tmp_path: Path) -> None:
    job = a2e.text_to_image(prompt="x")
    assert_type(job, Job[TextToImageRecord])
    task = job.with_key("a").start()
    assert_type(task, Task[TextToImageRecord])

    for record in task.updates():
        assert_type(record, TextToImageRecord)
    result = task.wait(timeout=5, on_update=lambda record: record.image_urls)
    assert_type(result, Result[TextToImageRecord])
    assert_type(result.read(), bytes)
    with result.stream() as stream:
        for chunk in stream:
            assert_type(chunk, bytes)

    clip = a2e.image_to_video(image_url=result, prompt="y")
    assert_type(clip.run(), Result[ImageToVideoRecord])
    assert_type(a2e.upload(b"GIF89a"), Upload)
    for found in a2e.text_to_image.list():
        assert_type(found, TextToImageRecord)


def test_runs(a2e: A2E) -> None:
    def jobs() -> Iterator[Job[TextToImageRecord]]:
        yield a2e.text_to_image(prompt="x")

    with a2e.bulk(jobs(), on_update=lambda job, record: (job.key, record.image_urls)) as run:
        assert_type(run, BulkRun[TextToImageRecord])
        for outcome in run:
            assert_type(outcome, Outcome[TextToImageRecord])
            assert_type(outcome.job, Job[TextToImageRecord])

    plain: dict[str, Any] = next(jobs()).to_dict()
    with a2e.bulk() as open_run:
        assert_type(open_run, OpenRun)
        assert_type(open_run.result(next(jobs())), Result[TextToImageRecord])
        assert_type(open_run.result(a2e.job(plain)), Result[TaskRecord])
