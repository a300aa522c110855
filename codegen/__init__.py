"""Generates ``a2e_async/api`` from the service's OpenAPI document; see ``python -m codegen --help``.

A development tool. It is not part of the wheel.
"""
