"""The same of nets that are too large to be drawn or written whole."""
