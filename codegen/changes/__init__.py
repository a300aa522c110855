"""What changed between two interfaces, and what it means for users."""
