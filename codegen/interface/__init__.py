"""The Python interface that is generated from the document, as data."""
