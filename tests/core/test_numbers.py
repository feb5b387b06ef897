import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.numbers import (
    RAISED,
    breadth,
    format_number,
    latex_number,
    short_number,
    typeset,
    with_minus,
)
from tests.written import number


@pytest.mark.parametrize(
    ("x", "written", "latex"),
    [
        (0.0, "0", "0"),
        (-0.0, "0", "0"),
        (3.0, "3", "3"),
        (-12.0, "−12", "-12"),
        (100.0, "100", "100"),
        (-0.53123, "−0.5312", "-0.5312"),
        (0.73105857863, "0.7311", "0.7311"),
        (1.5, "1.5", "1.5"),
        (99.996, "100", "100"),
        (1234.6, "1235", "1235"),
        (12345.6, "12346", "12346"),
        (999999.0, "999999", "999999"),
        (999999.7, "1×10⁶", r"1 \times 10^{6}"),
        (1234567.0, "1.235×10⁶", r"1.235 \times 10^{6}"),
        (0.001, "0.001", "0.001"),
        (0.0012346, "0.001235", "0.001235"),
        (0.00099999, "0.001", "0.001"),
        (0.0005, "5×10⁻⁴", r"5 \times 10^{-4}"),
        (1e-05, "1×10⁻⁵", r"1 \times 10^{-5}"),
        (-1.23456e-7, "−1.235×10⁻⁷", r"-1.235 \times 10^{-7}"),
        (1e300, "1×10³⁰⁰", r"1 \times 10^{300}"),
        (math.inf, "∞", r"\infty"),
        (-math.inf, "−∞", r"-\infty"),
        (math.nan, "–", r"\text{--}"),
        (None, "–", r"\text{--}"),
    ],
)
def test_written(x: float | None, written: str, latex: str) -> None:
    assert format_number(x) == written
    assert latex_number(x) == latex


@given(st.floats(min_value=-1e300, max_value=1e300))
def test_four_digits_of_the_number_are_kept(x: float) -> None:
    back = number(format_number(x))
    assert math.isclose(back, x, rel_tol=6e-4, abs_tol=1e-300)


@given(st.floats(min_value=-1e9, max_value=1e9))
def test_short_and_without_trailing_zeros(x: float) -> None:
    written = format_number(x)
    assert breadth(written.lstrip("−")) <= 11
    assert not re.search(r"\.\d*0(×|$)", written)
    assert not set(written) & set("-e+")


@pytest.mark.parametrize(
    ("x", "written"),
    [
        (0.73105857863, "0.7311"),
        (-0.53123, "−0.531"),
        (-12345.6, "−12346"),
        (-123456.0, "−123456"),
        (123456.0, "123456"),
        (-1234567.0, "−1×10⁶"),
        (1234567.0, "1×10⁶"),
        (-0.00123456, "−0.001"),
        (-1.234e-5, "−10⁻⁵"),
        (-1.5e300, "−2×10³⁰⁰"),
        (None, "–"),
    ],
)
def test_written_in_six_characters(x: float | None, written: str) -> None:
    assert short_number(x, 6) == written


@given(st.floats(min_value=-1e300, max_value=1e300), st.integers(6, 9))
def test_what_is_written_short_is_the_number_with_fewer_digits(x: float, length: int) -> None:
    written = short_number(x, length)
    power = written.rstrip(RAISED) != written
    exponent = written.rpartition("10")[2]
    narrowest = breadth(f"−9×10{exponent}") if power else length + written[1:].isdigit()
    assert breadth(written) <= max(length, narrowest)
    assert not set(written) & set("-e+")
    if not abs(x) < 10 ** (length - 1):
        assert math.isclose(number(written), x, rel_tol=0.51)


@given(st.floats(min_value=-1e300, max_value=1e300))
def test_a_constant_is_typeset_with_all_of_its_digits(x: float) -> None:
    assert number(typeset(repr(x))) == x


@pytest.mark.parametrize(
    ("prose", "written"),
    [
        ("gives -2 x (-1).", "gives −2 x (−1)."),
        ("-1 0 1; -2 0 2", "−1 0 1; −2 0 2"),
        ("VGG-16, 3x3-1 and 10-12", "VGG-16, 3x3-1 and 10-12"),
        ("--depth=-1", "--depth=−1"),
    ],
)
def test_prose_has_minus_signs(prose: str, written: str) -> None:
    assert with_minus(prose) == written
