"""The docstrings of the generated modules speak to users of this package, in plain English."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from codegen.interface.model import Condition, Rules
from codegen.interface.rule_words import rules_words
from codegen.interface.words import description, listing, summary, with_python_names
from tests.codegen.documents import REPOSITORY, document, fields, modules, operation
from tests.document_names import known

MODULES = {path.stem: ast.parse(path.read_text()) for path in sorted(REPOSITORY.package.glob("*.py"))}

KINDS = {
    "a/an": r"\ba [`'\"]?[AEIOUaeiou]\w*(?<!\buse)\b",
    "advice to poll": r"(?i)\bpoll(s|ed|ing)?\b|ask again later|keep monitoring",
    "a mark of confidence": r"(?i)\bconfidence\b|\([HML]\)|\bvendor (documentation|prose)\b|\bone client\b",
    "the reply in many words": r"as it came|its shape is not known",
    "the Job in many words": r"The Job of",
    "an invalid value in odd words": r"cannot be right",
    "odd words": r"\b(told|tells|stands|dearer|nobody)\b|\bis none\b|(?<=, )else\b",
    "values without commas": r"\w+ or \w+ or \w+|\w+ and \w+ and \w+ (are|is|can|must)\b",
    "a name in camel case": r"(?m)^ *[a-z]+(?:[A-Z][a-z0-9]+)+\.$",
    "sentences run together": r"[a-z0-9] Server default:",
}
ARTICLE_IS_RIGHT = re.compile(r"(?i)a [`'\"]?(one|us|uni|use|url|eu)")
"""Words that begin with a vowel but not with the sound of one."""


@functools.cache
def docstrings(module: str) -> list[tuple[str, str]]:
    """The name and the docstring of everything in a module."""
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    nodes = [node for node in ast.walk(MODULES[module]) if isinstance(node, kinds)]
    found = ((getattr(node, "name", "module"), ast.get_docstring(node)) for node in nodes)
    return [(name, text) for name, text in found if text]


def entries(text: str) -> Iterator[tuple[str, str]]:
    """The names and descriptions of arguments, attributes and members."""
    joined = re.sub(r"\n {5,}", " ", text)
    yield from re.findall(r"(?m)^ {0,4}(\w+): (.+)$", joined)


@functools.cache
def prose(text: str) -> str:
    """A docstring in one line, without its example."""
    return " ".join(text.partition("Example:")[0].split())


def wire_names(tree: ast.Module) -> set[str]:
    """Names on the wire that are not Python names too, and could not be English words."""
    wire, python = set[str](), set[str]()

    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue

        texts = [
            one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        match ast.unparse(node.func):
            case "Field":
                python.update(texts[:1])
                wire.update(texts[1:])
            case "Paging":
                wire.update(texts)
            case "attrs.field":
                metadata = [one.value for one in node.keywords if one.arg == "metadata"]
                wire.update(ast.literal_eval(one)["key"] for one in metadata)

    return {one for one in wire - python if re.search(r"_|[a-z][A-Z]", one)}


def nouns(words: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", words.lower())


@pytest.mark.parametrize("kind", KINDS)
def test_no_docstring_is_of_this_kind(kind: str) -> None:
    pattern = re.compile(KINDS[kind])
    for module in MODULES:
        if module not in known():
            continue  # upstream's own words, until the overlay has better ones
        for name, text in docstrings(module):
            shown = text if kind == "a name in camel case" else prose(text)
            found = [match[0] for match in pattern.finditer(shown)]
            if kind == "a/an":
                found = [one for one in found if not ARTICLE_IS_RIGHT.match(one)]
            assert not found, (module, name, found)


@pytest.mark.parametrize("module", MODULES)
def test_no_description_only_repeats_the_name(module: str) -> None:
    for name, text in docstrings(module):
        for argument, words in entries(text):
            assert nouns(words) != ["the", *nouns(argument.replace("_", " "))], (name, argument, words)
            assert words != f"The {argument.strip('_').replace('_', ' ')}.", (name, argument)


@pytest.mark.parametrize("module", MODULES)
def test_prose_uses_python_names(module: str) -> None:
    names = wire_names(MODULES[module])
    for owner, text in docstrings(module):
        found = names & set(re.findall(r"(?<![\w/`])\w+(?!\w)", prose(text)))
        assert not found, (owner, found)


@pytest.mark.parametrize("module", MODULES)
def test_no_sentence_about_rules_is_repeated(module: str) -> None:
    for owner, text in docstrings(module):
        consequences = re.findall(r"(?:^|(?<=\. ))(\w[^.]*? (?:is|are) needed) with ", prose(text))
        assert len(consequences) == len(set(consequences)), (owner, consequences)


@pytest.mark.parametrize("module", MODULES)
def test_call_options_are_one_short_line(module: str) -> None:
    for owner, text in docstrings(module):
        lines = [line.strip() for line in text.splitlines() if "CallOptions" in line]
        assert set(lines) <= {
            "options: See `CallOptions`.",
            "Every method also takes the options in `CallOptions`.",
        }, owner
        assert len(lines) <= 1


@pytest.mark.parametrize("module", MODULES)
def test_first_lines_are_sentences(module: str) -> None:
    for owner, text in docstrings(module):
        first = text.partition("\n\n")[0].replace("\n", " ")
        assert first.endswith("."), (owner, first)
        assert first[0].isupper(), (owner, first)


# ── The rules behind it ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Asynchronous: 200 means accepted, not finished; poll detail. Best effort.", "Best effort."),
        ("Asynchronous: poll the detail until it is completed.", ""),
        ("Image-to-video only; asynchronous, poll the detail.", "Image-to-video only."),
        ("Asynchronous; makes a video. Poll every 3 seconds.", "Makes a video."),
        ("Asynchronous: initialized, sent, done.", "Asynchronous: initialized, sent, done."),
        ("needs 1.0 or newer; see a pollen chart", "Needs 1.0 or newer; see a pollen chart."),
        ("", ""),
    ],
)
def test_advice_to_poll_is_left_out(text: str, wanted: str) -> None:
    assert description(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("unlimitedQueueLevel", "Unlimited queue level."),
        ("start a task", "Start a task."),
        ("", "GET /x."),
    ],
)
def test_a_summary_is_a_sentence(text: str, wanted: str) -> None:
    assert summary(text, "GET /x") == wanted


def test_only_names_that_are_no_words_are_replaced() -> None:
    names = {"audioSrc": "audio_src", "_id": "id", "from": "from_", "prefix": "the_prefix"}
    assert with_python_names("audioSrc from _id, {audioSrc}", names) == "audio_src from id, {audio_src}"
    assert with_python_names("audioSrcs, /x/{_id}, my_id", names) == "audioSrcs, /x/{id}, my_id"


@pytest.mark.parametrize(("words", "wanted"), [("a", "a"), ("ab", "a or b"), ("abc", "a, b or c")])
def test_words_in_a_row(words: str, wanted: str) -> None:
    assert listing(list(words), "or") == wanted


def test_rules_with_one_consequence_share_a_sentence() -> None:
    needs = (
        Condition({"back": None}, all_of=("width", "height")),
        Condition({"color": None}, all_of=("width", "height")),
        Condition({"mode": ("a", "b"), "model": (None, "x")}, any_of=("image", "video")),
        Condition({"mode": ("c",)}, any_of=("image", "video")),
        Condition({"mode": ("a",), "sound": (True,)}),
        Condition({"mode": (None,)}, only={"size": (1, 2)}, most={"images": 3}),
    )

    assert rules_words(Rules((("back", "color"),), (("a", "b", "c"),), needs)) == (
        "At least one of back and color is needed. Only one of a, b and c may be given. "
        "width and height are needed with back or color. "
        "image or video is needed with mode a or b and model x or left out, or with mode c. "
        "sound True cannot be combined with mode a. "
        "size can only be 1 or 2 and images is at most 3 with no mode."
    )


def test_arguments_without_a_description_say_so(tmp_path: Path) -> None:
    body = fields(strange_member={"type": "string"}, name={"type": "string", "description": "Optional."})
    paths = {"/api/v1/things/start": {"post": operation(requestBody=body)}}
    text = modules(tmp_path, document(paths))["things.py"]
    assert "strange_member: Not documented.\n" in text
    assert "name: The task's name, to find it again. Without one, the SDK names the task.\n" in text
