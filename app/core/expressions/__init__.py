"""Text to graph, and its pass forward and back: values, flows, steps, formulas."""
