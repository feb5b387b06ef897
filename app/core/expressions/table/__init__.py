"""The rows of the op table, a file a kind."""
