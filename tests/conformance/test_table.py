"""The committed table says what the resources can do, and each proof agrees."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2e_async import A2E
from a2e_async.api import RESOURCES
from a2e_async.sandbox import Sandbox
from tests.conformance.proofs import COLUMNS, NONE, Row, prove
from tests.conformance.table import CATALOGUE, TABLE, groups, line_of, lines_by_resource, render

REWRITE = "make conformance writes the table anew"
GROUP_OF = {resource: group for group, resources in groups().items() for resource in resources}


def committed() -> dict[str, str]:
    return lines_by_resource(TABLE.read_text(encoding="utf-8"))


@pytest.mark.anyio
@pytest.mark.parametrize("resource", RESOURCES)
async def test_a_resource_does_all_that_its_row_says(
    resource: str, a2e: A2E, sandbox: Sandbox, tmp_path: Path
) -> None:
    row = await prove(a2e, sandbox, resource, tmp_path)
    assert committed().get(resource) == line_of(row, GROUP_OF[resource]), REWRITE


def test_there_is_a_row_for_every_resource_and_none_else() -> None:
    assert list(committed()) == [resource for found in groups().values() for resource in found], REWRITE
    assert sorted(committed()) == sorted(RESOURCES)


def test_the_catalogue_comes_first_with_its_29_groups() -> None:
    assert len(CATALOGUE) == 29
    shown = [line.split("|")[1].strip() for line in committed().values()]
    assert list(dict.fromkeys(shown))[:29] == list(CATALOGUE)
    assert shown == [group for group, resources in groups().items() for _ in resources]


def test_the_text_around_the_rows_is_what_is_written() -> None:
    written = render({resource: Row(resource) for resource in RESOURCES})
    assert _around(TABLE.read_text(encoding="utf-8")) == _around(written), REWRITE


def _around(table: str) -> list[str]:
    """The lines of a table that are not rows."""
    rows = set(lines_by_resource(table).values())
    return [line for line in table.splitlines() if line not in rows]


def test_a_row_without_a_proof_is_noticed() -> None:
    row = Row("image_to_video")
    assert set(row.cells.values()) == {NONE}
    assert len(row.texts) == len(COLUMNS) + 1
    assert committed()["image_to_video"] != line_of(row, "Image to Video")
