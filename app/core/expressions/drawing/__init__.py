"""Where everything of a graph stands, and its picture."""
