"""Places for runs: an address has half of them, and who waits is served in order."""

import pytest

from app.workers.places import MOST_WAITING, Places, Ticket, Visitor
from app.workers.turns import Busy


def enter(places: Places, *names: str) -> list[Ticket]:
    """Visitors as `address name`, or an address alone."""
    return [places.enter(Visitor(name.split()[0], name)) for name in names]


def ahead(tickets: list[Ticket]) -> list[int]:
    return [ticket.ahead for ticket in tickets]


def test_an_address_has_half_of_the_places_and_the_others_go_to_others() -> None:
    places = Places(4)
    found = enter(places, "a", "a", "a", "b", "c", "d")
    assert ahead(found) == [0, 0, 1, 0, 0, 2]
    places.leave(found[3])  # b's is no place for a third of a's
    assert ahead(found[2::3]) == [1, 0]
    places.leave(found[0])
    assert found[2].ahead == 0


def test_visitors_behind_one_address_take_turns_and_ten_tabs_count_as_one() -> None:
    places = Places(2)
    first = enter(places, "a one")
    tabs = enter(places, *["a one"] * 3)
    others = enter(places, "a two", "a three")
    assert ahead(tabs) == [1, 4, 5]
    assert ahead(others) == [2, 3]
    for last, next_one in zip([*first, tabs[0], *others], [tabs[0], *others, tabs[1]], strict=True):
        assert next_one.ahead
        places.leave(last)
        assert next_one.ahead == 0


def test_who_waits_is_told_whenever_the_number_in_line_changes() -> None:
    places = Places(2)
    first, second, third = enter(places, "a", "a", "a")
    for ticket in (second, third):
        ticket.moved.clear()
    places.leave(second)
    assert (third.ahead, third.moved.is_set()) == (1, True)
    third.moved.clear()
    enter(places, "a")
    assert not third.moved.is_set()
    places.leave(first)
    assert (third.ahead, third.moved.is_set()) == (0, True)


def test_a_ticket_leaves_once() -> None:
    places = Places(2)
    first, second = enter(places, "a", "a")
    for _ in range(2):
        places.leave(first)
    assert places.present == {"a": 1}
    for _ in range(2):
        places.leave(second)
    assert not places.present
    assert not places.line


def test_the_line_is_bounded_for_one_address_and_for_all() -> None:
    places = Places(2)
    enter(places, "a", *["a"] * (MOST_WAITING // 2))
    with pytest.raises(Busy):
        enter(places, "a")
    enter(places, "b", *["b"] * (MOST_WAITING // 2))
    with pytest.raises(Busy):
        enter(places, "c")
    assert places.waiting("c") == 0
    assert places.waiting("a") == MOST_WAITING // 2


def test_who_cannot_wait_is_told_how_many_there_are() -> None:
    places = Places(4)
    enter(places, "a", "a", "b")
    own = "2 runs are on their way to your address, the most at once"
    with pytest.raises(Busy, match=own), places.place(Visitor("a", "a")):
        pass
    all_of_them = "4 runs are on their way here, the most at once"
    with (
        places.place(Visitor("b", "b")),
        pytest.raises(Busy, match=all_of_them),
        places.place(Visitor("c", "c")),
    ):
        pass
    assert places.present == {"a": 2, "b": 1}
    assert not places.line
