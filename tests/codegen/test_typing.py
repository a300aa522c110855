"""Replies that only confirm, replies that nobody has seen, and examples of starts that require nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from a2e_async.records import Confirmation
from tests.codegen.documents import document, family, fields, id_parameter, import_text, modules, operation

KITE = "/api/v1/userKite"
TEXT = {"type": "string"}
RECORD = {"type": "object", "properties": {"_id": TEXT, "wind": {"type": "number"}}}


def reply(data: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"data": data}}
    return {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    """A family with one operation of each kind; the overlay says of some what their replies are."""
    counted = {"type": "object", "properties": {"left": {"type": "integer"}}}
    paths = family("userKite") | {
        f"{KITE}/{{_id}}/picture": {
            "delete": operation(parameters=[id_parameter()], responses=reply(counted))
        },
        f"{KITE}/mend": {"put": operation()},
        f"{KITE}/paint": {"post": operation()},
        f"{KITE}/guess": {"get": operation(responses=reply(RECORD))},
        f"{KITE}/guesses": {"get": operation(responses=reply({"type": "array", "items": RECORD}))},
        f"{KITE}/seen": {"get": operation(responses=reply(RECORD))},
        f"{KITE}/open": {"get": operation()},
    }
    body = fields([], image_url=TEXT, lang=TEXT, note=TEXT)
    body["content"]["application/json"]["example"] = {"lang": "es", "image_url": "https://e.com/a"}
    paths[f"{KITE}/start"]["post"]["requestBody"] = body

    texts = modules(
        tmp_path_factory.mktemp("typing"),
        document(paths),
        {"target": f"$.paths['{KITE}/mend'].put", "update": {"x-a2e-confirms": True}},
        {"target": f"$.paths['{KITE}/guess','{KITE}/guesses'].get", "update": {"x-a2e-likely": True}},
    )
    return import_text(texts["kite.py"], "kite"), texts["kite.py"]


def decoder(operation: Any) -> str:
    return str(operation.reply.__qualname__.partition(".")[0])


def test_a_deletion_confirms_unless_the_document_declares_more(made: tuple[Any, str]) -> None:
    module, text = made
    assert isinstance(module.DELETE.reply("gone"), Confirmation)
    assert "-> Confirmation:" in text
    assert module.PICTURE.method == "DELETE"
    assert decoder(module.PICTURE) == "one"


def test_the_overlay_says_what_else_confirms(made: tuple[Any, str]) -> None:
    module, _ = made
    assert isinstance(module.MEND.reply(None), Confirmation)
    assert module.MEND.may_be_empty
    assert decoder(module.PAINT) == "raw"


def test_a_guess_refuses_nothing(made: tuple[Any, str]) -> None:
    module, _ = made
    assert decoder(module.GUESS) == "likely"
    assert module.GUESS.reply("a string").raw == {"data": "a string"}
    assert decoder(module.GUESSES) == "likely_many"
    assert module.GUESSES.reply({"kites": 3})[0].raw == {"kites": 3}


def test_what_the_document_declares_is_no_guess(made: tuple[Any, str]) -> None:
    module, _ = made
    assert decoder(module.SEEN) == "one"
    with pytest.raises(TypeError):
        module.SEEN.reply("a string")
    assert decoder(module.OPEN) == "raw"


def test_a_start_that_requires_nothing_shows_the_documents_example(made: tuple[Any, str]) -> None:
    _, text = made
    assert 'job = a2e.kite(image_url=Path("cat.png"), lang=' in text


def test_a_member_that_is_called_type_gets_its_words(tmp_path: Path) -> None:
    paths = family("userKite")
    media = {"type": "object", "properties": {"type": TEXT, "url": TEXT}}
    paths[f"{KITE}/start"]["post"]["requestBody"] = fields([], media=media)
    body = "post.requestBody.content['application/json'].schema.properties.media"
    words = {"properties": {"type": {"description": "What it is."}, "url": {"description": "The file."}}}

    action = {"target": f"$.paths['{KITE}/start'].{body}", "update": words}
    text = modules(tmp_path, document(paths), action)["kite.py"]
    assert "type: What it is." in text
    assert "url: The file." in text
