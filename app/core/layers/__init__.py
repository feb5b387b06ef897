"""LAYERS, a row a layer, and the windows that slide."""
