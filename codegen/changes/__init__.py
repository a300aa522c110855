"""Changes between two interfaces, and what they mean for users."""
