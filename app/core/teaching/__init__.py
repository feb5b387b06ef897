"""A network is taught classes of one's own: a head on features that stay as they are."""
