"""PyTorch code, read and never run: an interpreter of the few words that make a network."""
