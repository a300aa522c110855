"""The pages of the resources: complete, and only text from the document where text was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2e_async.api import RESOURCES
from codegen.pages.markdown import code, item, paragraph, plain

FOLDER = Path(__file__).parents[2] / "docs" / "resources"
PAGES = {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.md"))}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a <b>bold</b> word", r"a \<b\>bold\</b\> word"),
        ("[a link](https://e.com)", r"\[a link\](https://e.com)"),
        ("*one* ~two~ a|b #x", r"\*one\* \~two\~ a\|b \#x"),
        ("set image_url or _id", "set `image_url` or `_id`"),
        ("https://e.com/a_b_c", "https://e.com/a_b_c"),
        ("`a|b` is code", "`a|b` is code"),
        ("two\nlines\x07", "two lines"),
    ],
)
def test_text_stays_text(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_backtick_does_not_end_code() -> None:
    assert code("a`b") == "`a'b`"


def test_a_line_of_a_paragraph_begins_no_list() -> None:
    words = " ".join(["word"] * 20)
    assert paragraph(f"{words} - and more")[1].startswith(r"\- ")
    assert paragraph(f"{words} 12. and more")[1].startswith(r"12\. ")
    assert item("one", "", "two") == ["- one two"]


def test_there_is_a_page_for_each_resource() -> None:
    assert set(PAGES) == {*RESOURCES, "index", "SUMMARY"}
    for name in RESOURCES:
        assert f"]({name}.md)" in PAGES["index"]
        assert f"]({name}.md)" in PAGES["SUMMARY"]


@pytest.mark.parametrize("name", RESOURCES)
def test_a_page_is_complete(name: str) -> None:
    text = PAGES[name]
    assert f"`a2e.{name}`" in text.splitlines()[2]

    if "## Result\n" in text:
        for part in ("```python", "## Keywords", "## Coins", "a2e.quote(job)", "`result."):
            assert part in text
    else:
        assert "## Operations" in text


def test_rules_between_keywords_are_a_list_after_them() -> None:
    _, keywords, rules = (
        PAGES["kling_video"].partition("\n## Coins\n")[0].rpartition("What goes together:\n\n")
    )
    assert keywords
    assert rules.startswith("- `image_url` is needed with `mode` image-to-video")
    assert rules.count("\n- ") > 3
