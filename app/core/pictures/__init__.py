"""Photos, drawings and uploads, made ready for a network."""
