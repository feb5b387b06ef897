"""One step of a run of `classifier-2d`, looked into: for any weight and any point of its batch."""
