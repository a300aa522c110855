"""What spans and metrics say of a job: after the conventions for generative AI, where these have a name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["PROVIDER", "attributes_of", "texts_of", "what_is_made"]

PROVIDER = {"gen_ai.provider.name": "a2e"}

_OPERATION = "generate_content"  # the conventions know no operation for images and videos alone
_MODEL = re.compile(r"[\w.-]{1,64}")
_TEXTS = frozenset({"text", "msg", "tts_text"})


def attributes_of(workflow: str, body: Mapping[str, Any]) -> dict[str, str]:
    """What spans and metrics say of a job. It has few values, so that metrics can be grouped by it."""
    return {
        "gen_ai.operation.name": _OPERATION,
        **PROVIDER,
        "gen_ai.request.model": _model_in(body) or workflow,
        "a2e.workflow": workflow,
    }


def texts_of(body: Mapping[str, Any]) -> str | None:
    """The prompts and other texts of a job, as the conventions write messages; None if it has none."""
    parts = [{"type": "text", "content": text} for text in _texts_in(body)]
    return json.dumps([{"role": "user", "parts": parts}]) if parts else None


def what_is_made(name: str, workflow: Any) -> str | None:
    """What a workflow makes, as far as its outputs and its name say it: image or video."""
    routes = getattr(workflow, "routes", None)
    outputs = " ".join(getattr(routes, "outputs", None) or ())
    said = [kind for kind in ("image", "video") if kind in outputs]
    said = said or [kind for kind in ("image", "video") if name.endswith(f"_{kind}")]
    return said[0] if len(said) == 1 else None


def _model_in(body: Mapping[str, Any]) -> str | None:
    """The name of the model that a start asks for, where its workflow has several."""
    for field in ("model", "model_type"):
        name = body.get(field)
        if isinstance(name, str) and _MODEL.fullmatch(name):
            return str(name)
    return None


def _texts_in(value: Any, name: str = "") -> Iterator[str]:
    """The prompts and other texts in a body."""
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from _texts_in(member, str(key))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts_in(item, name)
    elif isinstance(value, str) and ("prompt" in name or name in _TEXTS):
        yield str(value)
