"""The home: a graph that is there at once, the doors, the course; and old links."""

import pytest
from starlette.testclient import TestClient

from app.web.course import course
from app.web.home import DOORS
from tests.web.test_old_links import asked_in


def test_a_graph_with_its_numbers_stands_in_it_and_every_door_opens(client: TestClient) -> None:
    page = client.get("/").text
    assert asked_in(page)["expression"] == "f = (x + y) * z"
    assert "<svg" in page.split("data-figure")[1]
    for path, title, _ in DOORS:
        assert f'href="{path}"' in page
        assert title in page
        assert client.get(path).status_code == 200
    for name in course():
        assert f'href="/lessons/{name}"' in page


def test_whoever_asks_it_something_gets_the_expression(client: TestClient) -> None:
    for query in ("expression=f+%3D+x+*+2", "step=2", "projector=1", "expression=f+%3D+(a"):
        old, new = client.get(f"/?{query}"), client.get(f"/expression?{query}")
        assert (old.status_code, old.text) == (new.status_code, new.text)
        assert 'id="question"' in new.text
    # A theme, or where one comes from, asks for nothing.
    for query in ("theme=dark", "utm_source=expression"):
        assert client.get(f"/?{query}").text == client.get("/").text


@pytest.mark.parametrize(
    ("address", "gradients"),
    [
        ("/", 2),
        ("/expression", 2),
        ("/expression?step=1", 0),
        ("/expression?expression=f+%3D+x+*+2", 2),
        ("/expression?expression=f+%3D+x+*+2&step=2", 1),
        ("/expression?expression=f+%3D+x+*+2&step=none", 2),
    ],
)
def test_what_the_server_draws_stands_where_the_page_opens(
    client: TestClient, address: str, gradients: int
) -> None:
    drawing = client.get(address).text.split('class="graph"')[1].split("</svg>")[0]
    assert drawing.count('class="gradient"') == gradients
