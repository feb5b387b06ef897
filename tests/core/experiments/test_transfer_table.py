"""The measured table of four cases: the lesson shows its medians, and it is what the code gives."""

import re
from pathlib import Path
from statistics import median

import orjson
import pytest

from app.core.experiments.transfer import Source
from tools.claims import SEEDS
from tools.transfer_table import CASES, FOUND, NOTHING, WAYS, Measured, percent, place

LESSON = Path("templates/lessons/15-transfer.md")
ROW = re.compile(r"^\| (little|much), (similar|different) \| (.*) \|$", re.MULTILINE)
SOURCE: dict[str, Source] = {"similar": "digits 0 to 4", "different": "garments"}
MEASURED: Measured = orjson.loads(FOUND.read_bytes())


def test_the_lesson_shows_the_medians() -> None:
    rows = ROW.findall(LESSON.read_text())
    assert len(rows) == 4
    for case, given, cells in rows:
        source = SOURCE[given]
        medians = [median(MEASURED[case][place(source, way)][way]) for way in WAYS]
        assert [int(cell) for cell in cells.split("|")] == [round(found) for found in medians]
    assert all(
        len(each) == SEEDS
        for sources in MEASURED.values()
        for ways in sources.values()
        for each in ways.values()
    )


def test_some_of_it_is_found_again() -> None:
    assert list(MEASURED) == list(CASES)
    for given in SOURCE.values():
        for seed, way in enumerate(WAYS):
            found = percent(given, way, "little", seed)
            # One of 250 digits may fall the other way on another processor.
            wanted = MEASURED["little"][place(given, way)][way][seed]
            assert found == pytest.approx(wanted, abs=0.5)


def test_what_is_measured_stands_in_one_place() -> None:
    for case, sources in MEASURED.items():
        assert set(sources) == {NOTHING, *SOURCE.values()}, case
        kept = [(source, way) for source, ways in sources.items() for way in ways]
        assert set(kept) == {(place(given, way), way) for given in SOURCE.values() for way in WAYS}
