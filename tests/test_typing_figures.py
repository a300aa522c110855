"""The generated interface stays as typed and as well described as it is."""

from __future__ import annotations

import pytest

from tests.document_names import gone
from tests.typing_figures import MOST, PAGE, figures, page


@pytest.mark.parametrize("name", MOST)
def test_what_lacks_types_or_words_only_becomes_less(name: str) -> None:
    lacking = figures().lacking[name]
    assert len(lacking) <= MOST[name], lacking
    if not gone():
        assert len(lacking) == MOST[name], f"lower the number in tests/typing_figures.py to {len(lacking)}"


def test_something_is_counted() -> None:
    found = figures()
    assert found.operations > 100
    assert found.keywords > 300


def test_the_page_about_replies_is_fresh() -> None:
    if gone():
        pytest.skip("the document has lost something; python -m tests.typing_figures")
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.typing_figures"
