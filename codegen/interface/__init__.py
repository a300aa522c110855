"""The Python interface that follows from the document, as data."""
