"""Many jobs: the run, its journal, its budget."""
