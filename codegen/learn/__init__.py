"""Learns from what the live service answered: compares shapes of replies with the document."""
