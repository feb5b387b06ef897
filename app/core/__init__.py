"""The domain: usable from a notebook, knows no web."""
