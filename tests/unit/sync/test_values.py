"""Faces as values: equality, copies, pickles, plain data; and clients that are given anew."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import weakref
from typing import Any

import pytest

import a2e_async
from a2e_async import sync
from a2e_async.sandbox import Sandbox
from a2e_async.sync import A2E, ConfigurationError, InvalidArgument, Job, Result, Task


def test_faces_are_equal_if_they_stand_before_the_same(a2e: A2E) -> None:
    job = a2e.text_to_image(prompt="x")
    task = job.start()
    assert task.workflow.task(task.id) != task
    assert task.wait().task == task
    assert {task: 1}[task.wait().task] == 1
    assert job != a2e.text_to_image(prompt="x")
    assert job != 5  # type: ignore[comparison-overlap]
    assert a2e.text_to_image == a2e.text_to_image


def test_faces_look_like_what_they_stand_before(a2e: A2E) -> None:
    job = a2e.text_to_image(prompt="x").with_key("a")
    assert repr(job) == "Job(text_to_image, key='a', prompt='x')"
    assert vars(job) == job.to_dict() == {"workflow": "text_to_image", "body": {"prompt": "x"}, "key": "a"}
    assert json.dumps(job, default=vars) == json.dumps(job.to_dict())
    assert {"run", "start", "with_key", "body"} <= set(dir(job))
    assert "aclose" not in dir(a2e)
    with pytest.raises(AttributeError, match="close"):
        getattr(a2e, "aclose")  # noqa: B009
    assert repr(a2e).startswith("A2E(base_url=")
    with pytest.raises(AttributeError):
        job.key = "b"  # type: ignore[misc]


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_values_travel(a2e: A2E, again: Any) -> None:
    job = again(a2e.text_to_image(prompt="x").with_key("a"))
    assert isinstance(job, Job)
    assert job.key == "a"

    result = again(a2e.text_to_image(prompt="x").run())
    assert isinstance(result, Result)
    assert isinstance(result.task, Task)
    assert result.with_client(a2e).read()
    assert a2e.job(job).run().coins
    assert job.with_client(a2e).run().coins


def test_a_value_without_a_client_says_what_to_do(a2e: A2E) -> None:
    job = pickle.loads(pickle.dumps(a2e.text_to_image(prompt="x")))
    with pytest.raises(ConfigurationError, match="with_client"):
        job.run()
    with pytest.raises(InvalidArgument, match="is not a client"):
        job.with_client(5)


def test_errors_and_outcomes_travel(a2e: A2E) -> None:
    with pytest.raises(a2e_async.WaitTimeout) as caught:
        a2e.text_to_image(prompt="sandbox:forever").run(timeout=0.2)
    error = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(error.task, Task)
    assert error.task.with_client(a2e).refresh().status

    with a2e.bulk([a2e.text_to_image(prompt="x")]) as run:
        (outcome,) = pickle.loads(pickle.dumps(list(run)))
    assert outcome.with_client(a2e).result.read()


def test_a_client_is_not_pickled(a2e: A2E) -> None:
    with pytest.raises(TypeError, match="token"):
        pickle.dumps(a2e)
    assert copy.copy(a2e.text_to_image) == a2e.text_to_image


def test_jobs_of_the_other_client_are_taken(a2e: A2E, sandbox: Sandbox) -> None:
    job = a2e_async.A2E(sandbox.token, base_url=sandbox.url).text_to_image(prompt="x")
    assert isinstance(a2e.job(job), Job)  # type: ignore[call-overload]
    with a2e.bulk([job]) as run:  # type: ignore[list-item]
        assert next(run).result


def test_a_face_has_the_classes_of_what_it_stands_before(a2e: A2E) -> None:
    assert isinstance(a2e.text_to_image, sync.Workflow)
    assert isinstance(a2e.text_to_image, sync.TextToImage)
    assert isinstance(a2e.account, sync.Resource)
    assert not isinstance(a2e.account, sync.Workflow)
    assert sync.Upload is a2e_async.Upload
    assert sync.Webhooks is a2e_async.Webhooks
    assert str(sync.Job[Any]) == "a2e_async.sync.Job[typing.Any]"
    with pytest.raises(AttributeError):
        sync.Nothing  # type: ignore[attr-defined]  # noqa: B018


def test_families_by_convention_leave_nothing_behind(a2e: A2E) -> None:
    job = a2e.workflow("userText2Image", {"prompt": "x"})
    gone = weakref.ref(type(job.workflow))
    del job
    for _ in range(2):  # the class of the family, and then that of its faces
        gc.collect()
    assert gone() is None


def test_no_secret_is_in_a_traceback() -> None:
    with pytest.raises(ConfigurationError) as caught:
        A2E("sk_secret99", timeout=-1)
    assert "sk_secret99" not in repr([frame.frame.f_locals for frame in caught.traceback][1:])
