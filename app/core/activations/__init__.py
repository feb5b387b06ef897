"""A network run on a picture: its activations, its gradients, one number of it explained."""
