"""What the overlay and the rules declare about operations and records, in small documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from a2e_async._spec.operation import Operation
from codegen.document.tree import SpecError
from tests.codegen.documents import document, family, fields, id_parameter, import_text, modules, operation

PATHS = "$.paths['/api/v1/{}'].{}"


def built(tmp_path: Path, content: dict[str, Any], *actions: dict[str, Any]) -> tuple[Any, str]:
    """The module of `userNewThing` and its text."""
    text = modules(tmp_path, content, *actions)["new_thing.py"]
    return import_text(text, "new_thing"), text


def with_post(name: str) -> dict[str, Any]:
    """A document with a workflow and one more operation of it."""
    return document({**family("userNewThing"), f"/api/v1/userNewThing/{name}": {"post": operation()}})


def repeats(path: str, method: str, value: Any) -> dict[str, Any]:
    return {"target": PATHS.format(path, method), "update": {"x-a2e-repeatable": value}}


def added_to(module: Any, name: str) -> list[Operation[Any]]:
    """The operations of a module whose path ends in this."""
    return [
        one for one in vars(module).values() if isinstance(one, Operation) and one.path == f"/api/v1/{name}"
    ]


# Repeats


def test_reads_of_a_new_family_may_be_repeated_and_nothing_else(tmp_path: Path) -> None:
    module, _ = built(tmp_path, document())
    assert module.GET.repeatable
    assert module.LIST.repeatable
    assert module.BATCH_DETAIL.repeatable
    assert not module.START.repeatable
    assert not module.DELETE.repeatable


VERBS = ("get", "post", "put", "delete")
NAMES = ("retry", "replaceBackground", "startlist", "makeRecord2", "quote", "statusChange", "refreshList")
LIKE_READS = ("detail", "status", "someRecords")
ADDED = [*((name, verb) for name in NAMES for verb in VERBS), *((name, "post") for name in LIKE_READS)]
"""Operations that a family may have beside those of a workflow."""


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The modules of a document in which each of these operations is in a family of its own."""
    paths: dict[str, Any] = {}
    for number, (name, method) in enumerate(ADDED):
        paths |= family(f"userThing{number}")
        paths[f"/api/v1/userThing{number}/{name}"] = {method: operation()}
    return modules(tmp_path_factory.mktemp("families"), document(paths))


@pytest.mark.parametrize(("name", "method"), ADDED)
def test_neither_verb_nor_look_makes_an_operation_repeatable(
    name: str, method: str, families: dict[str, str]
) -> None:
    number = ADDED.index((name, method))
    module = import_text(families[f"thing{number}.py"], f"thing{number}")
    (added,) = added_to(module, f"userThing{number}/{name}")
    assert added.method == method.upper()
    assert not added.repeatable


def test_the_overlay_decides(tmp_path: Path) -> None:
    module, _ = built(
        tmp_path,
        with_post("look"),
        repeats("userNewThing/look", "post", True),
        repeats("userNewThing/{_id}", "get", False),
    )
    assert module.LOOK.repeatable
    assert not module.GET.repeatable


@pytest.mark.parametrize(
    ("path", "method", "value", "reason"),
    [
        ("userNewThing/start", "post", True, "a start is never sent twice"),
        ("userNewThing/{_id}", "get", "yes", "neither true nor false"),
    ],
)
def test_an_overlay_that_cannot_be_right_is_refused(
    path: str, method: str, value: Any, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(SpecError, match=reason):
        built(tmp_path, document(), repeats(path, method, value))


# Outputs


def record(**members: Any) -> dict[str, Any]:
    """An action that declares the record of the new family."""
    url = {"type": "string"}
    schema = {
        "type": "object",
        "properties": {
            "_id": url,
            "result_url": url,
            "image_url": url,
            "result": {"type": "object", "properties": {"url": url}},
        },
    }
    return {"target": "$.components.schemas", "update": {"NewThingRecord": {**schema, **members}}}


def test_a_new_family_has_no_declared_output_and_makes_a_file(tmp_path: Path) -> None:
    module, text = built(tmp_path, document())
    assert module.NewThing.routes.outputs == ()
    assert module.NewThing.routes.makes_file
    assert "makes_file" not in text


def test_outputs_are_declared_in_their_order_and_a_dot_leads_into_an_object(tmp_path: Path) -> None:
    module, _ = built(tmp_path, document(), record(**{"x-a2e-outputs": ["result.url", "result_url"]}))
    assert module.NewThing.routes.outputs == ("result.url", "result_url")


def test_a_family_that_makes_no_file(tmp_path: Path) -> None:
    module, _ = built(tmp_path, document(), record(**{"x-a2e-makes-file": False}))
    assert not module.NewThing.routes.makes_file


def test_an_input_is_no_output(tmp_path: Path) -> None:
    module, _ = built(tmp_path, document(), record(**{"x-a2e-outputs": ["image_url", "result_url"]}))
    assert module.NewThing.routes.outputs == ("result_url",)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"x-a2e-outputs": ["reslt_url"]}, "'reslt_url', which the record does not declare"),
        ({"x-a2e-outputs": ["result.uri"]}, "'result.uri', which the record does not declare"),
        ({"x-a2e-outputs": ["result_url", "result_url"]}, "not a list of different names"),
        ({"x-a2e-outputs": "result_url"}, "not a list of different names"),
        ({"x-a2e-outputs": [7]}, "which the record does not declare"),
        ({"x-a2e-makes-file": "no"}, "neither true nor false"),
    ],
)
def test_a_record_that_cannot_be_right_is_refused(
    members: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(SpecError, match=f"NewThingRecord: .*{reason}"):
        built(tmp_path, document(), record(**members))


# Names


def test_a_start_that_requires_a_name_gets_it_from_the_sdk(tmp_path: Path) -> None:
    content = document(
        {
            **family("userNewThing"),
            "/api/v1/userNewThing/start": {
                "post": operation(
                    requestBody=fields(["name", "prompt"], name={"type": "string"}, prompt={"type": "string"})
                )
            },
            "/api/v1/userNewThing/{_id}": {
                "get": operation(parameters=[id_parameter()]),
                "put": operation(
                    parameters=[id_parameter()],
                    requestBody=fields(["name"], name={"type": "string"}),
                ),
            },
        }
    )
    module, text = built(tmp_path, content)
    assert module.NewThing(client=None)(prompt="p").body == {"prompt": "p"}
    assert "The task's name, to find it again. Without one, the SDK names the task." in text
    assert 'a2e.new_thing(prompt="' in text

    # Renaming is about nothing but the name.
    (name,) = (field for field in module.UPDATE.body if field.name == "name")
    assert name.required


# Pages


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ({}, (10, 100)),
        ({"example": 1}, (10, 100)),
        ({"example": 1, "maximum": 100}, (10, 100)),
        ({"example": 1, "maximum": 50, "default": 20}, (20, 50)),
        ({"default": 20}, (20, 100)),
        ({"maximum": 5}, (5, 5)),
        ({"maximum": 200}, (10, 200)),
    ],
)
def test_an_example_is_no_default_of_a_page(
    size: dict[str, Any], expected: tuple[int, int], tmp_path: Path
) -> None:
    content = document()
    parameters = content["paths"]["/api/v1/userNewThing/allRecords"]["get"]["parameters"]
    parameters[1]["schema"] = {"type": "integer", **size}
    module, _ = built(tmp_path, content)
    assert (module.LIST.paging.default_size, module.LIST.paging.max_size) == expected


# Lists of values


@pytest.mark.parametrize(
    ("schema", "annotation", "closed"),
    [
        ({"type": "string", "enum": ["a", "b"]}, 'Literal["a", "b"] | str', False),
        ({"type": "integer", "enum": [5, 10]}, "Literal[5, 10] | int", False),
        ({"enum": ["a", 1]}, 'Literal["a", 1] | int | str', False),
        ({"type": "string", "enum": ["a", "b"], "x-a2e-closed": True}, 'Literal["a", "b"]', True),
        (
            {"type": "array", "items": {"type": "string", "enum": ["a"]}},
            'Sequence[Literal["a"] | str]',
            False,
        ),
    ],
)
def test_an_open_list_of_values_accepts_others_of_their_kind(
    schema: dict[str, Any], annotation: str, closed: bool, tmp_path: Path
) -> None:
    content = document()
    start = content["paths"]["/api/v1/userNewThing/start"]["post"]
    start["requestBody"]["content"]["application/json"]["schema"]["properties"]["mode"] = schema
    _, text = built(tmp_path, content)
    assert f"mode: {annotation} | None = None" in text
    assert ("closed=True" in text) is closed
