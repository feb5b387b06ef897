"""One layer cell by cell, forward and backward."""
