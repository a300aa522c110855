"""The overlay is applied as the specification says, and cannot go stale unseen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from codegen.document import overlay as overlays
from codegen.document.tree import SpecError, canonical, operations, read
from tests.codegen.documents import REPOSITORY, document, family, operation, overlay, real_prepared

PATHS = {
    "/api/v1/a/{_id}": {"get": operation(), "delete": operation()},
    "/api/v1/b-c/list": {"get": operation()},
}


def apply(*actions: dict[str, Any]) -> dict[str, Any]:
    paths: dict[str, Any] = overlays.apply(document(PATHS), overlay(*actions)).document["paths"]
    return paths


def test_update_merges_into_every_match() -> None:
    made = apply({"target": "$.paths['/api/v1/a/{_id}'].*", "update": {"x-new": {"deep": [1]}}})
    assert made["/api/v1/a/{_id}"]["get"] == {**operation(), "x-new": {"deep": [1]}}
    assert made["/api/v1/a/{_id}"]["delete"]["x-new"] == {"deep": [1]}
    assert "x-new" not in made["/api/v1/b-c/list"]["get"]


def test_update_of_a_list_appends() -> None:
    made = apply({"target": "$.paths['/api/v1/b-c/list'].get.tags", "update": "More"})
    assert made["/api/v1/b-c/list"]["get"]["tags"] == ["Things", "More"]


def test_update_finds_elements_by_what_they_say() -> None:
    action = {"target": "$.tags[?(@.name=='Things')]", "update": {"description": "Other things."}}
    made = overlays.apply(document(PATHS), overlay(action)).document
    assert made["tags"] == [{"name": "Things", "description": "Other things."}]


def test_remove_takes_away_what_has_slashes_and_braces_in_its_name() -> None:
    made = apply({"target": "$.paths['/api/v1/a/{_id}'].get", "remove": True})
    assert list(made) == list(PATHS)
    assert list(made["/api/v1/a/{_id}"]) == ["delete"]
    made = apply({"target": "$.paths['/api/v1/a/{_id}']", "remove": True})
    assert list(made) == ["/api/v1/b-c/list"]


def test_remove_finds_every_depth() -> None:
    made = apply({"target": "$..description", "remove": True})
    assert "description" not in str(made)


def test_matches_of_one_action_do_not_share_what_they_got() -> None:
    made = apply(
        {"target": "$.paths['/api/v1/a/{_id}'].*", "update": {"x-new": {"kept": True}}},
        {"target": "$.paths['/api/v1/a/{_id}'].get['x-new']", "update": {"kept": False}},
    )
    assert made["/api/v1/a/{_id}"]["get"]["x-new"] == {"kept": False}
    assert made["/api/v1/a/{_id}"]["delete"]["x-new"] == {"kept": True}


def test_the_source_stays_as_it_was() -> None:
    source, actions = document(PATHS), overlay({"target": "$..tags", "update": ["x"]})
    overlays.apply(source, actions)
    assert source == document(PATHS)
    assert actions == overlay({"target": "$..tags", "update": ["x"]})


@pytest.mark.parametrize(
    ("action", "reported"),
    [
        (
            {"target": "$.paths['/api/v1/b-c/list'].post", "update": {"x": 1}},
            "action 2 ($.paths['/api/v1/b-c/list'].post): matches nothing: #/paths/~1api~1v1~1b-c~1list "
            "has no post",
        ),
        ({"target": "$..nobody", "update": {"x": 1}}, "matches nothing"),
        (
            {"target": "$.paths['/api/v1/a/{_id}']['get','patch']", "update": {"x": 1}},
            "'patch' matches nothing",
        ),
        ({"target": "$.paths[", "update": {"x": 1}}, "not a JSONPath"),
        ({"target": "$.info"}, "neither an update nor remove"),
        ({"target": "$.info", "remove": False}, "neither an update nor remove"),
        ({"target": "$", "update": [1]}, "cannot be applied"),
        ({"target": "$", "remove": True}, "cannot be applied"),
    ],
)
def test_an_action_that_does_nothing_is_an_error_that_names_it(action: dict[str, Any], reported: str) -> None:
    harmless = {"target": "$.info", "update": {"x-touched": True}}
    with pytest.raises(SpecError) as caught:
        apply(harmless, action)
    assert "action 2" in str(caught.value)
    assert reported in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("overlay: [", "not YAML"),
        ("- a", "not an overlay"),
        ("overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions: []", "not an overlay"),
        ("overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions: [{update: {}}]", "not an overlay"),
        ("overlay: 1.0.0\noverlay: 1.0.0", "'overlay' occurs twice"),
        ("a: {b: 1, c: 2, b: 3}", "'b' occurs twice"),
    ],
)
def test_an_invalid_overlay_is_refused(text: str, reported: str, tmp_path: Path) -> None:
    path = tmp_path / "overlay.yaml"
    path.write_text(text)
    with pytest.raises(SpecError, match=r"overlay\.yaml") as caught:
        overlays.load(path)
    assert reported in str(caught.value)


def test_merge_keys_and_anchors_are_plain_yaml(tmp_path: Path) -> None:
    path = tmp_path / "overlay.yaml"
    text = "overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions:\n"
    path.write_text(text + "- {target: $.info, update: {a: &x {k: 1, l: 2}, b: {<<: *x, k: 3}}}\n")
    assert overlays.load(path)["actions"][0]["update"] == {"a": {"k": 1, "l": 2}, "b": {"k": 3, "l": 2}}


REAL, UPSTREAM = REPOSITORY.overlay, REPOSITORY.upstream


def test_the_real_overlay_adds_the_operations_that_it_lists_and_drops_none() -> None:
    source = {str(ref) for ref in operations(read(UPSTREAM))}
    made = {str(ref) for ref in operations(real_prepared().document)}

    listed = {
        f"{method.upper()} {path}"
        for action in overlays.load(REAL)["actions"]
        if action["target"] == "$.paths" and not _has_gone(action, source)
        for path, item in action["update"].items()
        for method in item
    }

    assert source <= made
    assert made - source == listed


def _has_gone(action: dict[str, Any], source: set[str]) -> bool:
    paths = {one.partition(" ")[2] for one in source}
    return "x-a2e-of" in action and not paths & set(action["x-a2e-of"])


def test_the_switch_against_minors_protection_is_nowhere() -> None:
    assert "minor_suspected_skip" not in canonical(real_prepared().document)


def test_every_real_action_changes_something() -> None:
    assert "changes nothing any more" not in str(real_prepared().notes)


def test_an_overlay_can_keep_an_operation_that_upstream_drops() -> None:
    kept = family("userGone")["/api/v1/userGone/start"]
    made = overlays.apply(
        document(), overlay({"target": "$.paths", "update": {"/api/v1/userGone/start": kept}})
    ).document
    assert "POST /api/v1/userGone/start" in {str(ref) for ref in operations(made)}


def test_the_overlay_is_yaml_that_a_person_can_read() -> None:
    text = REAL.read_text()
    assert yaml.safe_load(text)["overlay"] == "1.0.0"
    assert max(len(line) for line in text.splitlines() if "target:" not in line) <= 120
