"""Random questions of every figure that has a second path: it finds the same numbers.

`python -m tests.core.test_random_checks 200` asks that many of each.
"""

import sys
from collections import Counter
from random import Random

import pytest
import torch

from app.core.checks import CheckQuestion, check
from app.core.errors import Problem
from app.core.figures import FIGURES
from tests.core.random_questions import QUESTIONS

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
FEW = 2
torch.set_num_threads(1)


def verdict(name: str, seed: int) -> str:
    """ "agrees", "refused" where no figure can be, or what is wrong."""
    question = QUESTIONS[name](Random(f"{name} {seed}"))
    try:
        found = check(CheckQuestion(figure=name, question=question))
    except Problem:
        return "refused"
    if not found["agrees"]:
        return f"{found['sentence']} {question}"
    return "agrees" if any(each["compared"] for each in found["witnesses"]) else "nothing to find"


def test_every_figure_with_a_second_path_has_random_questions() -> None:
    assert set(QUESTIONS) == {name for name, row in FIGURES.items() if row.check}


@pytest.mark.parametrize("name", QUESTIONS)
def test_random_questions_have_the_same_numbers_by_a_second_path(name: str) -> None:
    found = Counter(verdict(name, seed) for seed in range(FEW))
    assert set(found) <= {"agrees", "refused", "nothing to find"}, found


if __name__ == "__main__":
    for name in sys.argv[2:] or QUESTIONS:
        print(name, dict(Counter(verdict(name, seed) for seed in range(int(sys.argv[1])))))
