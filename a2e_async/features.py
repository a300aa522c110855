"""Looks up the routes of features in the generated resources; a missing one is an error with its name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from a2e_async._spec.features import UPLOAD, Feature
from a2e_async._spec.operation import Operation
from a2e_async.errors import ConfigurationError

__all__ = ["operation_of", "presign_path", "values_of"]


def operation_of(feature: Feature) -> Operation[Any]:
    """Find the operation of a feature.

    Raises:
        ConfigurationError: this release's document does not have it, or not with what the feature sends.
    """
    try:
        module = importlib.import_module(f"a2e_async.api.{feature.resource}")
    except ModuleNotFoundError as error:
        if error.name != f"a2e_async.api.{feature.resource}":
            raise
        raise _missing(feature, feature.route) from None

    for operation in vars(module).values():
        if isinstance(operation, Operation) and (operation.method, operation.path) == (
            feature.method,
            feature.path,
        ):
            _check_body(feature, operation)
            return operation
    raise _missing(feature, feature.route)


def _check_body(feature: Feature, operation: Operation[Any]) -> None:
    known = {field.wire_name: field for field in operation.body}
    lost = [name for name in feature.needed if known and name not in known]
    if lost:
        raise _missing(feature, f"{', '.join(lost)} in the body of {feature.route}")

    new = [name for name, field in known.items() if field.required and name not in feature.body]
    if new:
        raise ConfigurationError(
            f"{feature.name} does not send {', '.join(new)}, which {feature.route} requires in this "
            "release's document"
        )


def _missing(feature: Feature, what: str) -> ConfigurationError:
    return ConfigurationError(f"{feature.name} needs {what}, which this release's document does not have")


def values_of(operation: Operation[Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of an operation for a body with these members."""
    names = {field.wire_name: field.name for field in operation.body}
    return {names.get(key, key): value for key, value in body.items()}


def presign_path() -> str:
    """The path that files are uploaded by.

    Raises:
        ConfigurationError: this release's document does not have it.
    """
    return operation_of(UPLOAD).path
