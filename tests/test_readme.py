"""The README's REST calls, executed: each answers with at least what is printed below it."""

import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()
CALLS = re.findall(r"```sh\n(curl .*?)```.*?```json\n(.*?)```", README, re.DOTALL)


def holds(answer: Any, printed: Any) -> bool:
    """Whether the answer has all that is printed; lists may have more in between."""
    if isinstance(printed, dict):
        return isinstance(answer, dict) and all(
            key in answer and holds(answer[key], printed[key]) for key in printed
        )
    if isinstance(printed, list):
        rest = iter(answer if isinstance(answer, list) else ())
        return all(any(holds(item, part) for item in rest) for part in printed)
    return bool(answer == printed)


def test_there_are_calls_to_execute() -> None:
    assert len(CALLS) >= 3


@pytest.mark.parametrize(("command", "printed"), CALLS, ids=lambda text: text.split()[1])
def test_a_call_answers_as_printed(client: TestClient, command: str, printed: str) -> None:
    curl, address, *options = shlex.split(command)
    assert curl == "curl"
    if options:
        option, body = options
        assert option == "--json"
        answer = client.post(urlsplit(address).path, json=json.loads(body))
    else:
        answer = client.get(urlsplit(address).path)
    assert answer.status_code == 200, answer.text
    here = printed.replace("http://127.0.0.1:8000", str(client.base_url).rstrip("/"))
    assert holds(answer.json(), json.loads(here)), answer.text


def test_make_targets_exist() -> None:
    makefile = (Path(__file__).resolve().parents[1] / "Makefile").read_text()
    for target in re.findall(r"`make (\w+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"
