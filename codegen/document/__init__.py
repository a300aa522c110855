"""The OpenAPI document: pull, repair, overlay, complete, validate."""
