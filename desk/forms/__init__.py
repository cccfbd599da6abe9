"""Shapes of what the desk and people's own pages receive."""
