"""Backlight: see the numbers of a computation graph go forward, and its gradients come back."""
