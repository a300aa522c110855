"""The docstring of a generated method."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from codegen.document.tree import Document
from codegen.interface.examples import example_of
from codegen.interface.families import Endpoint, Family
from codegen.interface.model import Method
from codegen.interface.prose import block, docstring, escape
from codegen.interface.rule_words import rules_words
from codegen.interface.words import UNDOCUMENTED, description, summary, with_python_names

__all__ = ["method_doc"]

_BODY_DOC = "body: The JSON body. Its members are not documented."
_MORE_DOC = "body: Members of the JSON body that are not documented."
_TIMEOUT_DOC = "timeout: Seconds to wait until it is ready. Without it, one request is sent."
_OPTIONS_DOC = "options: See `CallOptions`."


def method_doc(family: Family, endpoint: Endpoint, method: Method, names: Mapping[str, str]) -> str:
    """The docstring of a method: summary, rules, arguments, what comes back, what is raised.

    Args:
        family: the method's resource.
        endpoint: its operation, for the document's words.
        method: the method itself.
        names: wire name -> Python name of keywords and attributes that the words may mention.
    """
    operation = endpoint.operation
    first = with_python_names(summary(operation.get("summary", ""), f"{method.http} {method.path}"), names)
    more = with_python_names(description(operation.get("description", "")), names)

    parts = [
        block(escape(first), 8),
        block(escape(more), 8),
        block(escape(rules_words(method.rules)), 8),
        ["        Args:", *_arguments(method, names)],
        ["        Returns:", *block(escape(_returns(method)), 12)],
        ["        Raises:", *_raises(method)],
    ]
    if method.is_call:
        example = example_of(
            family, method.ordered, method.rules, open_body=method.free_body, shown=_shown(operation)
        )
        parts.append(["        Example:", *example])
    return docstring(parts, 8)


def _shown(operation: Document) -> Collection[str]:
    """The members of the body in the document's own example."""
    content = operation.get("requestBody", {}).get("content", {})
    example = content.get("application/json", {}).get("example")
    return example.keys() if isinstance(example, dict) else ()


def _arguments(method: Method, names: Mapping[str, str]) -> list[str]:
    lines = [f"{one.name}: {with_python_names(one.doc, names) or UNDOCUMENTED}" for one in method.ordered]
    if method.free_body:
        known = any(one.place == "body" for one in method.ordered)
        lines.append(_MORE_DOC if known else _BODY_DOC)
    if method.waits:
        lines.append(_TIMEOUT_DOC)
    lines.append(_OPTIONS_DOC)
    return [line for one in lines for line in block(escape(one), 12, 4)]


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
