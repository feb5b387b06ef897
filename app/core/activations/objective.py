"""What gradients are of: a class's score, or the loss with it as the right answer."""

from typing import Literal

Of = Literal["score", "loss"]
