"""The last few things are made once."""

from app.core.recent import Recent


def test_what_was_not_used_for_longest_goes_first() -> None:
    made: list[str] = []
    recent = Recent[str](2)

    def get(name: str) -> str:
        def make() -> str:
            made.append(name)
            return name.upper()

        return recent.get(name, make)

    assert [get(name) for name in "abacab"] == list("ABACAB")
    assert made == ["a", "b", "c", "b"]
    assert len(recent.made) == 2


def test_nothing_is_worth_remembering_too() -> None:
    recent, made = Recent[None](1), []
    for _ in range(2):
        assert recent.get("a", lambda: made.append(1)) is None
    assert made == [1]
