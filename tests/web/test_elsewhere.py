"""What a figure gives for elsewhere, used: its program runs, its frame and its link open."""

import html
import re
import subprocess
import sys
from typing import Any

import httpx2
import pytest

USED: list[tuple[str, dict[str, Any], str]] = [
    ("expression", {"expression": "f = x * y", "inputs": {"x": 3, "y": -4}}, '"output"'),
    ("window", {"input": 32, "kernel": 5}, '"output": ['),
    ("fully-connected", {"layer": "Linear", "input": "numbers", "filters": 2}, '"Linear"'),
    ("overfitting", {"degree": 2, "points": 12}, "'step': 2"),
]


@pytest.mark.parametrize(("figure", "question", "printed"), USED)
def test_the_program_runs_and_the_frame_and_the_link_open(
    live_server: str, figure: str, question: dict[str, Any], printed: str
) -> None:
    body = {"figure": figure, "question": question}
    with httpx2.Client(base_url=live_server, timeout=60) as visitor:
        found = visitor.post("/api/elsewhere", json=body).json()
        source = re.search('src="(.*?)"', found["frame"])
        assert source
        for address in (found["link"], html.unescape(source[1])):
            assert address.startswith(live_server)
            assert visitor.get(address).status_code == 200
            assert visitor.get(f"{address}2").status_code == 422  # version 12
    ran = subprocess.run(
        [sys.executable, "-c", found["python"]], capture_output=True, text=True, check=True
    )
    assert printed in ran.stdout


def test_a_refusal_says_what_is_wrong(live_server: str) -> None:
    for body, field in [
        ({"figure": "windo", "question": {}}, "figure"),
        ({"figure": "window", "question": {"kernel": -1}}, "kernel"),
        ({"figure": "teach", "question": {"classes": []}}, "classes"),
    ]:
        refused = httpx2.post(f"{live_server}/api/elsewhere", json=body, timeout=60)
        assert refused.status_code == 422
        assert refused.json()["where"]["field"].startswith(field)
