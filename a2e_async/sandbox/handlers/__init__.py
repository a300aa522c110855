"""The sandbox's answers, one module for each group of operations."""
