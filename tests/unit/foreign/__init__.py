"""No exception of another library or of the system leaves the package."""
