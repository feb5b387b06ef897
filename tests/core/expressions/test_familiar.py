"""Graphs that are made ready: those of numbers that come twice, and only so many of them."""

import pytest

from app.core.expressions.familiar import MOST_NODES, MOST_TEXT, Familiar

TEXT = "f = (x + y) * z"


def test_a_graph_is_made_ready_when_it_comes_the_second_time() -> None:
    familiar = Familiar()
    assert familiar.graph(TEXT) is None
    familiar.learn(TEXT)
    assert familiar.graph(TEXT) is None
    familiar.learn(TEXT)
    graph = familiar.graph(TEXT)
    assert graph is not None
    familiar.learn(TEXT)
    assert familiar.graph(TEXT) is graph


@pytest.mark.parametrize(
    "text",
    [
        "s = W.T @ x",  # not of numbers
        "f = (x +",  # no graph
        "",
        "f = x" + " + x" * MOST_NODES,  # too large
        "f = x #" + "." * MOST_TEXT,  # too long
    ],
)
def test_what_an_event_loop_could_not_compute_is_never_ready(text: str) -> None:
    familiar = Familiar()
    for _ in range(3):
        familiar.learn(text)
        assert familiar.graph(text) is None


def test_those_that_were_asked_about_last_are_kept() -> None:
    familiar = Familiar(most=2)
    texts = ["a + b", "a * b", "a - b"]
    for text in texts:
        familiar.learn(text)
        familiar.learn(text)
    assert [familiar.graph(text) is not None for text in texts] == [False, True, True]
