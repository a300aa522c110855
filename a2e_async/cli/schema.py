"""What a workflow takes, as JSON Schema in the words of a shell."""

from __future__ import annotations

from typing import Any

from a2e_async._spec import schemas
from a2e_async.cli.catalogue import Call
from a2e_async.cli.options import for_help

__all__ = ["schema_of"]


def schema_of(call: Call) -> dict[str, Any]:
    """The JSON Schema of the keywords of a call."""
    return schemas.schema_of(call.name, call.function, call.operation, for_help)
