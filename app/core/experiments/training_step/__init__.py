"""One step of a run of a small dense net, looked into: for any weight and any of its points."""
