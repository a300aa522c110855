"""Bulk runs: many jobs at once, their journal and their budget."""
