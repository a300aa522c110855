"""Makes ``a2e_async/api`` of the service's OpenAPI document: ``python -m codegen pull | build | check``.

A development tool; the wheel does not carry it.
"""
