"""The docstrings of generated methods, and of the client's attributes that lead to them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from codegen.document.tree import Document
from codegen.interface.examples import example_of
from codegen.interface.families import Endpoint, Family
from codegen.interface.model import Method
from codegen.interface.prose import block, docstring, entry, escape
from codegen.interface.rule_words import rules_words
from codegen.interface.values import Keyword
from codegen.interface.words import UNDOCUMENTED, description, listing, summary, with_python_names

__all__ = ["attribute_doc", "method_doc"]

_BODY_DOC = "The JSON body. Its members are not documented."
_MORE_DOC = "Members of the JSON body that are not documented."
_TIMEOUT_DOC = "Seconds to wait until it is ready. Without it, one request is sent."
_OPTIONS_DOC = "See `CallOptions`."

Described = tuple[Method, Endpoint]
"""A method, and its operation in the document."""


def method_doc(family: Family, endpoint: Endpoint, method: Method, names: Mapping[str, str]) -> str:
    """The docstring of a method: summary, rules, arguments, what comes back, what is raised.

    Args:
        family: the method's resource.
        endpoint: its operation, for the document's words.
        method: the method itself.
        names: wire name -> Python name of keywords and attributes that the words may mention.
    """
    parts = [
        block(escape(_summary(method, endpoint, names)), 8),
        *_explained(method, endpoint, names),
        ["        Args:", *(entry(name, words, 12) for name, words in _arguments(method, names))],
        ["        Returns:", *block(escape(_returns(method)), 12)],
        ["        Raises:", *_raises(method)],
    ]
    if method.is_call:
        parts.append(["        Example:", *_example(family, method, endpoint)])
    return docstring(parts, 8)


def attribute_doc(
    family: Family,
    title: str,
    described: Sequence[Described],
    names: Mapping[str, str],
    *,
    record: str = "",
    makes_file: bool = True,
) -> str:
    """The docstring of the attribute of the client, which is what editors show where a resource is called.

    For a workflow it is about the call. The types of the keywords are in it, for editors do not show the
    call's signature there.

    Args:
        family: the resource.
        title: what it is called.
        described: its methods.
        names: wire name -> Python name of keywords and attributes that the words may mention.
        record: the class of a workflow's records.
        makes_file: whether its tasks make files.
    """
    others = [(method, endpoint) for method, endpoint in described if not method.is_call]
    call = next((one for one in described if one[0].is_call), None)
    if call is None:
        listed = [entry(_call(one), _summary(one, at, names), 12) for one, at in others]
        return docstring([block(escape(f"{title}."), 8), ["        Methods:", *listed]], 8)

    method, endpoint = call
    types = {one.name: f"{one.name} ({_kind(one)})" for one in method.ordered} | {"body": "body (mapping)"}
    arguments = [entry(types.get(name, name), words, 12) for name, words in _arguments(method, names)]
    more = [f"`{one.name}`" for one, _ in others]
    parts = [
        block(escape(f"{title}: {_in_sentence(_summary(method, endpoint, names))}"), 8),
        *_explained(method, endpoint, names),
        ["        Args:", *arguments],
        ["        Returns:", *block(escape(_job_words(family, record, makes_file)), 12)],
        ["        Raises:", *_raises(method)],
        ["        Example:", *_example(family, method, endpoint)],
        block(f"More methods: {listing([*more, '`task`'], 'and')}.", 8),
    ]
    return docstring(parts, 8)


def _summary(method: Method, endpoint: Endpoint, names: Mapping[str, str]) -> str:
    return with_python_names(
        summary(endpoint.operation.get("summary", ""), f"{method.http} {method.path}"), names
    )


def _explained(method: Method, endpoint: Endpoint, names: Mapping[str, str]) -> list[list[str]]:
    """The paragraphs between the first line and the arguments."""
    more = _marked(method, with_python_names(description(endpoint.operation.get("description", "")), names))
    return [block(escape(more), 8), block(escape(rules_words(method.rules)), 8)]


def _in_sentence(line: str) -> str:
    """A line as it follows a colon: its first word stays as it is if it is a name."""
    first = line.split(" ", maxsplit=1)[0]
    return line[0].lower() + line[1:] if first.istitle() and first.isalpha() else line


def _example(family: Family, method: Method, endpoint: Endpoint) -> list[str]:
    return example_of(
        family,
        method.ordered,
        method.rules,
        open_body=method.free_body,
        shown=_shown(endpoint.operation),
    )


def _shown(operation: Document) -> Collection[str]:
    """The members of the body in the document's own example."""
    content = operation.get("requestBody", {}).get("content", {})
    example = content.get("application/json", {}).get("example")
    return example.keys() if isinstance(example, dict) else ()


def _arguments(method: Method, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """The names and words of all arguments.

    An editor takes the first line that has a name with a colon in it. So ``color`` is before
    ``background_color``.
    """
    found: list[tuple[str, str]] = []
    for one in method.ordered:
        words = _marked(method, with_python_names(one.doc, names)) or UNDOCUMENTED
        longer = (at for at, (name, _) in enumerate(found) if name.endswith(one.name))
        found.insert(next(longer, len(found)), (one.name, words))

    if method.free_body:
        known = any(one.place == "body" for one in method.ordered)
        found.append(("body", _MORE_DOC if known else _BODY_DOC))
    if method.waits:
        found.append(("timeout", _TIMEOUT_DOC))
    return [*found, ("options", _OPTIONS_DOC)]


def _marked(method: Method, text: str) -> str:
    """The text with its keywords marked where an editor would take it for their entry."""
    known = "|".join(re.escape(one.name) for one in method.ordered)
    return re.sub(rf"(?<![\w`])({known})(?=: | \()", r"`\1`", text) if known else text


def _kind(keyword: Keyword) -> str:
    return f"{keyword.type.brief}{', required' if keyword.required else ''}"


def _call(method: Method) -> str:
    """A method with what it requires, as it is called."""
    required = [one for one in method.ordered if one.required]
    given = [one.name if one in method.positional else f"{one.name}=" for one in required]
    return f"{method.name}({', '.join(given)})"


def _job_words(family: Family, record: str, makes_file: bool) -> str:
    job = "A Job. Nothing is sent until it is started."
    if not (family.get or family.batch_detail or family.list):
        return f"{job} Only a webhook reports that the task is done."
    made = "its files in `urls`" if makes_file else "what it made in `ids`"
    return f"{job} Its Result has {made}, and the task as `{record}` in `record`."


def _returns(method: Method) -> str:
    if method.is_start:
        return "The Job. Nothing is sent until it is started."
    if method.paged:
        return "An async iterator over the records. It fetches further pages as needed."
    if method.waits:
        return "The Result. The whole reply is in `record.raw`."
    if method.streams:
        return f"{method.reply.doc} With stream=True, an async iterator over the events."
    return method.reply.doc


def _raises(method: Method) -> list[str]:
    lines = ["            InvalidArgument: a value is invalid; nothing was sent."]
    if not method.is_start:
        lines.append("            APIError: the service refused.")
    if method.waits:
        lines.append("            NotReady: it is not ready yet, and no timeout was given.")
        lines.append("            WaitTimeout: it was not ready within the timeout.")
    return lines
