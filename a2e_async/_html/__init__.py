"""HTML for notebooks and pages. It imports nothing of the package."""
