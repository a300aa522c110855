"""Makes ``a2e_async/sync.pyi``: the types of the client without await."""
