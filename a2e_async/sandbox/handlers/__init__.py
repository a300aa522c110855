"""The sandbox's handlers, one module for each group of operations."""
