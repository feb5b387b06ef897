"""How an answer may be typed, and what is said where it cannot be read."""

from typing import Any

import pytest

from app.core.errors import Problem
from app.core.exercises import reading
from app.core.exercises.checking import verdict
from app.core.exercises.exercise import Blank, Wrong


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("-4", -4), ("\N{MINUS SIGN}4", -4), (" 0,5 ", 0.5), ("3/4", 0.75), ("30,730", 30730),
        ("1,234,567", 1234567), ("1e-3", 0.001), ("(-2) * 5", -10),
        ("2 \N{MULTIPLICATION SIGN} 3", 6),
        ("log(1)", 0), ("ln(1)", 0), ("2 ** 10", 1024),
    ],
)  # fmt: skip
def test_a_number_may_be_typed_in_many_ways(text: str, number: float) -> None:
    assert reading.number(text) == pytest.approx(number)


@pytest.mark.parametrize(
    "text",
    ["", "x", "nan", "inf", "1e999", "1/0", "4 apples", "[1, 2]", "9**9**9**9", "(" * 999, "__"],
)
def test_what_is_no_number_is_a_problem(text: str) -> None:
    with pytest.raises(Problem):
        reading.number(text)


@pytest.mark.parametrize("text", ["6 x 28 x 28", "(6, 28, 28)", "6\N{MULTIPLICATION SIGN}28 28"])
def test_a_shape_may_be_typed_in_many_ways(text: str) -> None:
    assert reading.shape(text) == (6, 28, 28)


@pytest.mark.parametrize("text", ["", "a", "6.5", "-3 x 2", "1" * 12, "1 " * 20])
def test_what_is_no_shape_is_a_problem(text: str) -> None:
    with pytest.raises(Problem):
        reading.shape(text)


@pytest.mark.parametrize(
    "text",
    ["1 2\n3 4", "1, 2; 3, 4", "[[1, 2], [3, 4]]", "tensor([[1., 2.],\n        [3., 4.]])",
     "array([[1, 2],\n       [3, 4]])", "[[1 2]\n [3 4]]"],
)  # fmt: skip
def test_an_array_may_be_pasted_as_it_is_printed(text: str) -> None:
    assert reading.grid(text) == [[1, 2], [3, 4]]


@pytest.mark.parametrize("text", ["", "1 2\n3", "[[]]", "a b", "[" * 500])
def test_what_is_no_array_is_a_problem(text: str) -> None:
    with pytest.raises(Problem):
        reading.grid(text)


def test_a_formula_is_right_whichever_way_it_is_written() -> None:
    wrong = (Wrong("1 / x ** 2", "The minus is missing."),)
    blank = Blank("d", "D", "-1 / x ** 2", wrong, "formula", variables=("x",))
    for text in ("-1/x^2", "-(x ** -2)", "-1 / (x * x)"):
        assert verdict(blank, text)["verdict"] == "right", text
    assert verdict(blank, "x^-2")["says"] == "The minus is missing."
    assert verdict(blank, "log(-x)")["verdict"] == "wrong"  # it exists nowhere here
    for text in ("y", "sin(", "x +", "a" * 3000):
        assert verdict(blank, text)["verdict"] == "unread", text


def test_the_first_wrong_cell_is_named_with_its_arithmetic() -> None:
    cells = [["1 × 1 = 1", "1 × 2 = 2"], ["1 × 3 = 3", "1 × 4 = 4"]]
    blank = Blank("g", "G", [[1, 2], [3, 4]], (), "grid", arithmetic=cells)
    assert verdict(blank, "1 2\n3.5 5")["says"] == (
        "Row 2, column 1 is the first that is wrong: you have 3.5, and it is 1 × 3 = 3."
    )
    assert "2 × 2" in verdict(blank, "1 2")["says"]


def test_two_decimals_do_and_whole_numbers_are_exact() -> None:
    def said(right: Any, text: str) -> str:
        return verdict(Blank("n", "N", right), text)["verdict"]

    assert said(0.19661, "0.2") == said(2.302585, "2.3") == said(0.19661, "0.197") == "right"
    assert said(0.19661, "0.21") == said(76, "76.001") == "wrong"


def test_a_wrong_answer_that_is_right_here_has_no_name() -> None:
    wrongs = (Wrong(4, "a"), Wrong(5, "b"), Wrong(5, "c"))
    assert [wrong.says for wrong in Blank("n", "N", 4, wrongs).told_apart().wrongs] == ["b"]
