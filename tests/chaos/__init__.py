"""Bulk runs under faults and kills, checked against the sandbox's ledger: `python -m tests.chaos`."""
