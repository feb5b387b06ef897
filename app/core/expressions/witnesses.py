"""An expression's gradients once more, by PyTorch and by differences. For a worker."""

from app.core.expressions.questions import PassQuestion, checked
from app.core.witnesses import Witness, witness

EXACT = 1e-6  # autograd counts in double precision; long chains lose a few digits on either side


def gradients(question: PassQuestion) -> list[Witness]:
    """Each input's gradient. The differences have a verdict of their own: they are an estimate,
    and at a kink there is none."""
    found = checked(question)
    said: list[Witness] = []
    for row in found["inputs"]:
        ours = row["analytic"]
        of = f"the gradient by {row['name']}"
        said.append(witness("PyTorch's autograd", of, ours, row["autograd"], EXACT))
        differences = witness("differences", of, ours, row["numerical"], 1.0)
        said.append({**differences, "agrees": not row["verdict"].startswith("wrong")})
    return said
