"""A question about any figure: which it is, and what it was asked."""

from typing import Annotated, Any
from urllib.parse import parse_qsl

from pydantic import Field

from app.core.errors import Problem, nearest
from app.core.figure import Figure
from app.core.figures import FIGURES
from app.core.links import asked
from app.core.questions import MOST_FIELDS, Asked, shown, up_to

MOST_LINK = 64_000  # characters

EXAMPLES = shown(
    {
        "figure": "expression",
        "question": {"expression": "f = (x + y) * z", "inputs": {"x": -2, "y": 5, "z": -4}},
    },
    {"figure": "window", "question": {"input": 32, "kernel": 5}},
)


class AnyFigureQuestion(Asked):
    """A figure, and what it was asked."""

    model_config = EXAMPLES

    figure: Annotated[str, Field(max_length=64, description="Its name.")]
    question: Annotated[dict[str, Any], up_to(MOST_FIELDS)] = Field(
        default={}, description="As in the POST of that figure."
    )
    link: Annotated[str, Field(max_length=MOST_LINK)] = Field(
        default="", description="Instead, what stands behind the `?` in that figure's link."
    )

    @property
    def private(self) -> bool:
        """Whether it holds what nobody else has: a picture or weights of one's own."""
        image = self.question.get("image")
        own = isinstance(image, str) and image.startswith("data:")
        return own or any(self.question.get(name) is not None for name in ("weights", "classes"))

    def row(self) -> Figure[Any]:
        """The figure of that name. Raises Problem."""
        figure = FIGURES.get(self.figure)
        if figure is None:
            raise Problem(
                f"there is no figure `{self.figure}`",
                {"field": "figure"},
                nearest(self.figure, FIGURES),
            )
        return figure

    def given(self, figure: Figure[Any]) -> dict[str, Any]:
        """What it was asked, not yet validated. Raises Problem."""
        if self.link:
            return asked(figure, queried(self.link))
        return figure.completed(self.question) if figure.completed else self.question


def queried(link: str) -> dict[str, str]:
    """What stands behind a link's `?`."""
    return dict(parse_qsl(link, keep_blank_values=True))
