"""Training that one can watch: the one loop, what it learns from, and what it says of itself."""
