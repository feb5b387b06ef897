"""One number of one layer: where it comes from, and where its gradient does."""
