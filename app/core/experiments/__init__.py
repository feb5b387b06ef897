"""Experiments: demonstrations by training, each with its control and a measured claim."""
