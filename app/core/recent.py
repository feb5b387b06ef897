"""The last few things that took long to make, for questions that begin alike."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """So many of them, by key; what was not used for longest goes first."""

    def __init__(self, most: int) -> None:
        self.most, self.made = most, dict[Hashable, T]()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was made for the key, or is made now."""
        found = self.made.pop(key) if key in self.made else make()
        self.made[key] = found
        if len(self.made) > self.most:
            del self.made[next(iter(self.made))]
        return found
