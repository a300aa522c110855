"""The site's menu names every page, and every page that it names exists. `make docs` checks links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SETTINGS: dict[str, Any] = yaml.safe_load((ROOT / ".mkdocs.yml").read_text("utf-8"))


def pages(menu: Any) -> Iterator[str]:
    """The pages of a menu."""
    if isinstance(menu, str):
        yield menu
    else:
        for entry in menu:
            yield from pages(list(entry.values()) if isinstance(entry, dict) else entry)


def test_the_menu_names_every_page_once() -> None:
    named = sorted(pages(SETTINGS["nav"]))
    there = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    own = {page for page in there if not page.startswith("resources/")}
    assert named == sorted([*own, "resources/"])  # these have a menu of their own, which is generated


def test_links_into_pages_lead_to_a_heading() -> None:
    """`make docs` checks those between pages; the README is no page."""
    text = (ROOT / "README.md").read_text("utf-8")
    for page, anchor in re.findall(r"\]\((docs/[^)\s#]+)#([^)\s]+)\)", text):
        headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
        assert anchor in [re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings]


def test_models_are_led_to_pages_that_exist() -> None:
    [settings] = [one["llmstxt"] for one in SETTINGS["plugins"] if "llmstxt" in one and isinstance(one, dict)]
    for entries in settings["sections"].values():
        for entry in entries:
            pattern = entry if isinstance(entry, str) else next(iter(entry))
            assert list(DOCS.glob(pattern)), pattern


def test_fonts_and_scripts_come_with_the_site() -> None:
    assert SETTINGS["theme"]["font"] is False
    assert "extra_javascript" not in SETTINGS
