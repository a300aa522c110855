"""Cost per job, side by side with every peer: ``python -m tests.bench``."""
