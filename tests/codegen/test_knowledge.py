"""What the overlay knows: it leaves with its path, and never stands silently in front of upstream's words."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codegen.__main__ import main
from codegen.build import Layout, build
from codegen.check import check
from codegen.document import overlay as overlays
from codegen.document.complete import RECORD_BASE, complete
from codegen.document.overlay import Before, Overlaid
from codegen.document.tree import SpecError, operations, read
from codegen.document.unused import drop_unused
from codegen.document.validation import validate
from codegen.regenerate import regenerate
from tests.codegen.documents import (
    REPOSITORY,
    built,
    document,
    family,
    fields,
    id_parameter,
    operation,
    overlay,
    real_repaired,
    real_rules,
    real_segments,
    save,
    segment,
)

Document = dict[str, Any]
START = "/api/v1/userKite/start"
BODY = f"$.paths['{START}'].post.requestBody.content['application/json'].schema.properties"
SIZE = f"#/paths/{START.replace('/', '~1')}/post/requestBody/content/application~1json/schema/properties/size"


def kites() -> Document:
    """A document with one family whose start has a mode and a size."""
    made = document(family("userKite") | family("userBoat"))
    made["paths"][START]["post"]["requestBody"] = fields(
        ["prompt"],
        prompt={"type": "string", "maxLength": 100},
        mode={"type": "string", "enum": ["low", "high"]},
        size={"type": "integer", "minimum": 1, "maximum": 20},
        urls={"type": "array", "items": {"type": "string"}},
    )
    return made


def member(made: Document, name: str) -> Document:
    schema = made["paths"][START]["post"]["requestBody"]["content"]["application/json"]["schema"]
    found: Document = schema["properties"][name]
    return found


def applied(change: Callable[[Document], Any], *actions: Document) -> tuple[Overlaid, Document]:
    """The overlay applied to a changed document, and the members of the start's body then."""
    made = kites()
    change(made)
    result = overlays.apply(made, overlay(*actions), before=Before(kites()))
    schema = result.document["paths"][START]["post"]["requestBody"]["content"]["application/json"]["schema"]
    return result, schema["properties"]


# ── What has gone ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("group", range(3))
def test_every_family_may_disappear(group: int) -> None:
    """Its actions leave with it, and so do the operations that only the overlay has."""
    names, rules = real_segments()[group::3], real_rules()
    done = overlays.apply(_without(names), rules)

    assert not {segment(ref.path) for ref in operations(done.document)} & set(names)
    for number, action in enumerate(rules["actions"], 1):
        paths = re.findall(r"'(/api/v1/([^/']+)/[^']*)'", action["target"])
        if any(name in names for _, name in paths):
            assert any(one.startswith(f"overlay action {number} (") for one in done.notes), action["target"]


def test_records_that_nothing_uses_leave_with_their_families() -> None:
    source = _without(real_segments()[::2])
    made = overlays.apply(source, real_rules()).document
    complete(made)

    kept = set(made["components"]["schemas"])
    notes = drop_unused(made, source, RECORD_BASE)
    gone = kept - set(made["components"]["schemas"])
    assert len(notes) == len(gone) > 0
    validate(made, "made")


def _without(names: list[str]) -> Document:
    """The real document, repaired, without these families."""
    left = {path: item for path, item in real_repaired()["paths"].items() if segment(path) not in names}
    return {**real_repaired(), "paths": left}


def test_a_family_goes_with_one_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = {"KiteRecord": {"type": "object", "properties": {"_id": {"type": "string"}}}}
    made = built(
        tmp_path / "repository",
        kites(),
        {"target": BODY, "update": {"size": {"maximum": 10}}, "x-a2e-keep": True},
        {"target": f"$.paths['{START}'].post", "update": {"x-a2e-any-of": [["size", "mode"]]}},
        {"target": "$.components.schemas", "update": record},
        {
            "target": "$.paths",
            "update": {"/api/v1/userKite/retry": {"get": operation()}},
            "x-a2e-of": [START],
        },
    )
    assert (made.package / "kite.py").exists()

    source = save(tmp_path / "new.json", document(family("userBoat")))
    assert main(["regenerate", str(source)], made.root) == 0
    reported = capsys.readouterr().out
    for number in (2, 3, 5):
        assert f"overlay action {number} (" in reported
    assert reported.count(f"'{START}' has gone from the document: left out") == 3
    assert "#/components/schemas/KiteRecord: no operation uses it: left out" in reported
    assert "  ! workflow a2e.kite is gone" in reported
    assert not (made.package / "kite.py").exists()
    assert check(made) == []


def test_a_family_with_another_name_is_told_with_what_it_lost(tmp_path: Path) -> None:
    made = built(tmp_path / "repository", kites(), {"target": BODY, "update": {"size": {"enum": [5]}}})
    newer = kites()
    newer["paths"] = {p.replace("userKite", "userKites"): item for p, item in newer["paths"].items()}
    item = newer["paths"].pop("/api/v1/userBoat/{_id}")
    for one in item.values():
        one["parameters"] = [id_parameter("boatId")]
    newer["paths"]["/api/v1/userBoat/{boatId}"] = item

    reported = regenerate(made, str(save(tmp_path / "new.json", newer)))
    assert any("has gone from the document: left out" in line for line in reported)
    assert "a2e.kite is a2e.kites now: give its overlay actions, which are left out, the new path" in reported
    assert "  ! a2e.kite is now a2e.kites" in reported
    assert not any("a2e.boat" in line for line in reported if line.startswith("gone upstream"))


def test_a_removal_of_what_is_nowhere_has_reached_its_aim() -> None:
    done, _ = applied(lambda made: None, {"target": "$..secret_switch", "remove": True})
    assert "nothing is left to remove" in done.notes[0]


def test_other_names_in_braces_are_the_same_path() -> None:
    action = {"target": "$.paths['/api/v1/userKite/{_id}'].get", "update": {"x-seen": True}}

    def renamed(made: Document) -> None:
        item = made["paths"].pop("/api/v1/userKite/{_id}")
        for one in item.values():
            one["parameters"] = [id_parameter("kiteId")]
        made["paths"]["/api/v1/userKite/{kiteId}"] = item

    done, _ = applied(renamed, action)
    assert done.document["paths"]["/api/v1/userKite/{kiteId}"]["get"]["x-seen"] is True
    assert "is /api/v1/userKite/{kiteId} by now; applied there, mend the target" in done.notes[0]


def test_a_member_that_has_gone_is_not_made_anew_by_its_limit() -> None:
    actions = ({"target": BODY, "update": {"size": {"maximum": 10}}, "x-a2e-keep": True},)
    with pytest.raises(SpecError, match=r"has no 'size'; a member that the overlay adds has a type"):
        applied(lambda made: _schema(made)["properties"].pop("size"), *actions)


def test_words_for_a_member_leave_with_it() -> None:
    actions = (
        {"target": BODY, "update": {"size": {"description": "How large."}, "mode": {"description": "How."}}},
    )
    done, _ = applied(lambda made: _schema(made)["properties"].pop("size"), *actions)
    assert "size" not in _schema(done.document)["properties"]
    assert member(done.document, "mode")["description"] == "How."
    assert any("'size' has gone: left out" in note for note in done.notes)


def _schema(made: Document) -> Document:
    found: Document = made["paths"][START]["post"]["requestBody"]["content"]["application/json"]["schema"]
    return found


# ── What upstream has changed under the overlay's hands ──────────────────────────────────────────


@pytest.mark.parametrize(
    ("action", "change", "says"),
    [
        (
            {"target": BODY, "update": {"size": {"enum": [5, 10, 15, 20]}}},
            lambda made: member(made, "size").update(maximum=30),
            f"upstream changed {SIZE}: maximum is 30, was 20; "
            'the overlay still says {"enum": [5, 10, 15, 20]}',
        ),
        (
            {"target": f"{BODY}.size", "update": {"description": "Metres."}},
            lambda made: member(made, "size").update(description="In feet."),
            'description is "In feet.", was not set; the overlay still says {"description": "Metres."}',
        ),
        (
            {"target": f"$.paths['{START}'].post", "update": {"x-a2e-any-of": [["mode", "size"]]}},
            lambda made: member(made, "size").update(type="number"),
            'type is "number", was "integer"; the overlay still says {"x-a2e-any-of": ["mode", "size"]}',
        ),
        (
            {"target": f"{BODY}.urls", "update": {"items": {"maxLength": 9}}},
            lambda made: member(made, "urls")["items"].update(format="uri"),
            'format is "uri", was not set; the overlay still says {"maxLength": 9}',
        ),
        (
            {"target": "$.components.schemas", "update": {"KiteRecord": {"type": "object"}}},
            lambda made: made["components"]["schemas"].update(KiteRecord={"type": "object"}),
            'upstream changed #/components/schemas/KiteRecord: it is {"type": "object"}, was null',
        ),
        (
            {"target": BODY, "update": {"prompt": {"maxLength": 90}}, "x-a2e-keep": True},
            lambda made: member(made, "prompt").update(description="At most 120 characters."),
            'numbers in the description is ["120"], was not set; the overlay still says {"maxLength": 90}',
        ),
        (
            {"target": f"{BODY}.size.maximum", "remove": True},
            lambda made: member(made, "size").update(maximum=30),
            'it is 30, was 20; the overlay still says "removed"',
        ),
    ],
)
def test_a_changed_place_is_told_with_both_values(
    action: Document, change: Callable[[Document], Any], says: str
) -> None:
    done, _ = applied(change, action)
    assert any(says in line for line in done.news), done.news
    assert len(done.changed) == 1
    assert applied(lambda made: None, action)[0].news == []


def test_other_words_and_other_places_are_not_told() -> None:
    action = {"target": BODY, "update": {"size": {"maximum": 30}}}

    def change(made: Document) -> None:
        member(made, "size").update(description="In metres.", example=3)
        member(made, "prompt").update(maxLength=200)

    assert applied(change, action)[0].news == []


@pytest.mark.parametrize(
    ("update", "change", "name", "wanted"),
    [
        ({"size": {"maximum": 10}}, {"maximum": 30}, "maximum", 30),
        ({"size": {"minimum": 5}}, {"minimum": 0}, "minimum", 0),
        ({"size": {"maximum": 40}}, {"maximum": 30}, "maximum", 40),
        ({"size": {"type": "string"}}, {"type": "number"}, "type", "number"),
        ({"size": {"pattern": "^a"}}, {"pattern": "^b"}, "pattern", "^b"),
        ({"size": {"oneOf": [{"enum": [-1]}, {"maximum": 10}]}}, {}, "oneOf", [{"enum": [-1]}, {}]),
        ({"size": {"enum": [5], "x-a2e-closed": True}}, {"enum": [5, 30]}, "x-a2e-closed", None),
        ({"size": {"enum": [5, 10]}}, {"enum": [5, 30]}, "enum", [5, 30, 10]),
    ],
)
def test_upstream_wins_where_the_overlay_would_refuse_more(
    update: Document, change: Document, name: str, wanted: Any
) -> None:
    action = {"target": BODY, "update": update}
    done, members = applied(lambda made: member(made, "size").update(change), action)
    assert members["size"].get(name) == wanted

    kept, members = applied(lambda made: member(made, "size").update(change), {**action, "x-a2e-keep": True})
    if name != "enum":
        assert members["size"][name] == update["size"][name]
    assert "left out" not in str(kept.news)
    assert bool(done.changed) == bool(kept.changed)


def test_a_limit_from_prose_goes_when_the_prose_says_something_else() -> None:
    before = kites()
    member(before, "urls")["description"] = "At most 16 of them."
    made = copy.deepcopy(before)
    member(made, "urls")["description"] = "At most 30 of them."
    action = {"target": BODY, "update": {"urls": {"maxItems": 16}}}

    for keep in (False, True):
        rules = overlay({**action, "x-a2e-keep": keep})
        done = overlays.apply(made, rules, before=Before(before))
        assert member(done.document, "urls").get("maxItems") == (16 if keep else None)
        assert any('is ["30"], was ["16"]' in line for line in done.news)


def test_a_limit_from_prose_stays_while_the_prose_says_it() -> None:
    before = kites()
    member(before, "urls")["description"] = "At most 16 of them."
    made = copy.deepcopy(before)
    member(made, "urls")["description"] = "At most 16 of them, of 5 MB each."
    action = {"target": BODY, "update": {"urls": {"maxItems": 16}}}

    done = overlays.apply(made, overlay(action), before=Before(before))
    assert member(done.document, "urls")["maxItems"] == 16
    assert any('is ["16", "5"], was ["16"]' in line for line in done.news)


def test_a_rule_takes_values_that_are_newer_than_it() -> None:
    rule = {"when": {"mode": ["low"]}, "only": {"size": [5, 10]}, "most": {"urls": 2}}
    action = {"target": f"$.paths['{START}'].post", "update": {"x-a2e-needs": [rule]}}
    before = kites()
    member(before, "size")["enum"] = [5, 10, 15]
    member(before, "urls")["maxItems"] = 4
    made = copy.deepcopy(before)
    member(made, "size")["enum"] = [5, 10, 15, 30]
    member(made, "urls")["maxItems"] = 8

    done = overlays.apply(made, overlay(action), before=Before(before))
    (widened,) = done.document["paths"][START]["post"]["x-a2e-needs"]
    assert widened == {"when": {"mode": ["low"]}, "only": {"size": [5, 10, 30]}}

    only = {"when": {"mode": ["low"]}, "most": {"urls": 2}}
    action = {"target": f"$.paths['{START}'].post", "update": {"x-a2e-needs": [only]}}
    done = overlays.apply(made, overlay(action), before=Before(before))
    assert done.document["paths"][START]["post"]["x-a2e-needs"] == []


def test_an_update_of_a_reference_leaves_other_users_alone() -> None:
    made = kites()
    made["components"]["schemas"]["Reply"] = {"type": "object", "properties": {"code": {"type": "integer"}}}
    ref = {"$ref": "#/components/schemas/Reply"}
    for path in (START, START.replace("Kite", "Boat")):
        made["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]["schema"] = dict(ref)

    schema = {"properties": {"data": {"type": "string"}}}
    update = {"content": {"application/json": {"schema": schema}}}
    action = {"target": f"$.paths['{START}'].post.responses['200']", "update": update}
    done = overlays.apply(made, overlay(action)).document
    replies = [
        done["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
        for path in (START, START.replace("Kite", "Boat"))
    ]
    assert sorted(replies[0]["properties"]) == ["code", "data"]
    assert replies[1] == ref
    assert "data" not in done["components"]["schemas"]["Reply"]["properties"]


def test_what_is_open_stays_open_until_it_is_reviewed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = built(tmp_path / "repository", kites(), {"target": BODY, "update": {"size": {"enum": [5, 10]}}})
    assert not made.unreviewed.exists()

    newer = kites()
    member(newer, "size")["maximum"] = 30
    source = str(save(tmp_path / "new.json", newer))
    says = f"overlay action 2: upstream changed {SIZE}: maximum is 30, was 20"
    assert any(says in line for line in regenerate(made, source))
    assert read(made.unreviewed)["places"][SIZE]["maximum"] == 20
    assert any(says in line for line in build(made))
    assert any(says in line for line in regenerate(made, source))
    assert check(made) == []

    assert main(["diff", str(save(tmp_path / "old.json", kites())), source], made.root) == 0
    assert says in capsys.readouterr().out

    assert main(["reviewed"], made.root) == 0
    assert not made.unreviewed.exists()
    assert not any(says in line for line in build(made))
    assert main(["reviewed"], made.root) == 0
    assert "nothing is open" in capsys.readouterr().out


def test_what_upstream_takes_back_is_no_longer_open(tmp_path: Path) -> None:
    made = built(tmp_path / "repository", kites(), {"target": BODY, "update": {"size": {"enum": [5, 10]}}})
    newer = kites()
    member(newer, "size")["maximum"] = 30
    regenerate(made, str(save(tmp_path / "new.json", newer)))
    regenerate(made, str(save(tmp_path / "old.json", kites())))
    assert not made.unreviewed.exists()


def test_the_real_overlay_refuses_nothing_that_upstream_allows_unless_it_says_so() -> None:
    """Where it does, the action has x-a2e-keep; else upstream's limit would be used, with a note."""
    done = overlays.apply(real_repaired(), real_rules())
    assert [line for line in done.news if "because upstream says" in line] == []
    assert Layout(REPOSITORY.root).unreviewed.exists() == bool(done.changed)
