"""Thousands of jobs under faults and kills, counted in the sandbox's ledger: `python -m tests.chaos`."""
