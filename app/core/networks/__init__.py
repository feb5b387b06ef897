"""Graphs of layers: what they cost, what their units see, the well-known ones."""
