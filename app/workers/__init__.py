"""Where torch runs: a few warm worker processes behind one executor."""
