"""The docstring of a generated method."""

from __future__ import annotations

from codegen.interface.examples import example_of
from codegen.interface.families import Endpoint, Family
from codegen.interface.model import Method
from codegen.interface.prose import block, docstring, escape, sentence

__all__ = ["method_doc"]

_OPTIONS_DOC = "options: see `CallOptions`."
_TIMEOUT_DOC = "timeout: Seconds to wait until it is ready; without it, it is asked for once."


def method_doc(family: Family, endpoint: Endpoint, method: Method) -> str:
    """The docstring of a method: summary, rules, arguments, what comes back, what is raised."""
    operation = endpoint.operation
    summary = sentence(operation.get("summary", "")) or f"{method.http} {method.path}."
    arguments = [line for one in method.ordered for line in block(escape(f"{one.name}: {one.doc}"), 12, 4)]
    if method.free_body:
        arguments += block("body: the JSON body; upstream does not say what may stand in it.", 12, 4)
    if method.waits:
        arguments += block(_TIMEOUT_DOC, 12, 4)
    arguments += block(_OPTIONS_DOC, 12, 4)
    parts = [
        block(escape(summary), 8),
        block(escape(sentence(operation.get("description", ""))), 8),
        block(escape(method.rules.doc), 8),
        ["        Args:", *arguments],
        ["        Returns:", *block(escape(_returns(method)), 12)],
        ["        Raises:", *_raises(method)],
    ]
    if method.is_call:
        parts.append(
            [
                "        Example:",
                *example_of(family, method.ordered, method.rules, open_body=method.free_body),
            ]
        )
    return docstring(parts, 8)


def _returns(method: Method) -> str:
    if method.paged:
        return "An async iterator over the records; it turns the pages itself."
    if method.waits:
        return "The Result: `urls`, `download`, and what was answered in `record.raw`."
    if method.streams:
        return f"{method.reply.doc} With stream, an async iterator over the events."
    return method.reply.doc


def _raises(method: Method) -> list[str]:
    lines = ["            InvalidArgument: a value cannot be right; nothing was sent."]
    if not method.is_start:
        lines.append("            APIError: the service refused.")
    if method.waits:
        lines.append("            NotReady: it is still being made, and no timeout was given.")
        lines.append("            WaitTimeout: so it was when the timeout had passed.")
    return lines
