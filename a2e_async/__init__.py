"""a2e_async."""
