"""Writes ``docs/resources``: a page for each resource, and their index."""
