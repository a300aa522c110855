"""Files up and down. Knows HTTP only through a Protocol."""
