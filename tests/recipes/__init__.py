"""The recipes of docs/examples, each run with its engine: ``make recipes``."""
