"""The phone as clicker: what is said in a room, to whom, how much of it, and for how long."""

import asyncio
import json
import signal
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.web import rooms
from app.web.clicker import unreachable
from app.web.mail import MOST_WAITING, Mail
from app.web.rooms import Room, Rooms
from app.workers.pool import Busy
from tests.workers.processes import PATIENCE, wait_until
from tests.workers.test_server import said_until_its_end, serving

SHOWN = {"says": "The chain rule", "place": 2, "of": 14, "aspect": 1.5}
PHONE, OTHER = "one-phone", "another-phone"


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def few(clock: Clock) -> Rooms:
    return Rooms(clock)


@pytest.fixture
def room(few: Rooms) -> Room:
    return few.open("192.0.2.1", SHOWN)


def waiting(mail: Mail | None) -> list[tuple[str, Any]]:
    """What a stream would be sent now."""
    assert mail
    found, mail.waiting = b"".join(mail.waiting.values()), {}
    return read(found)


def told(mail: Mail) -> list[tuple[str, Any]]:
    """All that is sent on a stream to its end, which has been set."""

    async def sent() -> bytes:
        return b"".join([sent async for sent in mail.events()])

    return read(asyncio.run(sent()))


def read(sent: bytes) -> list[tuple[str, Any]]:
    blocks = sent.decode().split("\n\n")
    assert blocks.pop() == ""
    lines = [block.split("\n") for block in blocks]
    return [(name.removeprefix("event: "), json.loads(data[6:])) for name, data in lines]


# Rooms


def test_a_code_is_long_has_no_letters_that_look_alike_and_does_not_tell_the_secret(
    few: Rooms,
) -> None:
    found = [few.open(f"192.0.2.{number}", SHOWN) for number in range(50)]
    assert len({room.code for room in found}) == len({room.secret for room in found}) == 50
    for room in found:
        assert len(room.code) == 10
        assert not {*room.code} & {*"01ilo"}
        assert len(room.secret) > 20
        assert few.find(room.code.upper()) is room


def test_after_an_hour_a_room_is_not_there_and_its_streams_have_said_why(
    few: Rooms, room: Room, clock: Clock
) -> None:
    wall, phone = room.listen(), room.join(PHONE)
    clock.now += rooms.SECONDS - 1
    assert few.find(room.code) is room
    clock.now += 1
    assert few.find(room.code) is None
    for mail in (wall, phone):
        name, last = told(mail)[-1]
        assert (name, last["message"]) == ("problem", rooms.OVER)
    assert not few.rooms


def test_a_quiet_stream_notices_by_itself_that_its_hour_is_over(
    few: Rooms, room: Room, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.mail.QUIET_SECONDS", 0)
    wall = room.listen()
    waiting(wall)
    wall.news.clear()

    async def read() -> list[bytes]:
        found = []
        async for sent in wall.events(few.sweep):
            found.append(sent)
            clock.now += rooms.SECONDS
        return found

    first, *_, last = asyncio.run(read())
    assert first.startswith(b": ")
    assert rooms.OVER.encode() in last


def test_rooms_that_no_wall_listens_to_give_way_and_others_do_not(few: Rooms) -> None:
    own = [few.open("192.0.2.1", SHOWN) for _ in range(rooms.SHARE)]
    for room in own[1:]:
        room.listen()
    phone = own[0].join(PHONE)
    newest = few.open("192.0.2.1", SHOWN)
    newest.listen()
    assert few.find(own[0].code) is None
    assert told(phone)[-1][1]["message"] == rooms.LEFT
    with pytest.raises(Busy, match="16 clickers are open at your address"):
        few.open("192.0.2.1", SHOWN)
    few.open("192.0.2.2", SHOWN)


def test_there_are_never_more_rooms_than_the_most(few: Rooms) -> None:
    for number in range(rooms.MOST_ROOMS):
        few.open(f"client {number}", SHOWN).listen()
    with pytest.raises(Busy, match="256 clickers"):
        few.open("one more", SHOWN)
    assert len(few.rooms) == rooms.MOST_ROOMS


def test_what_is_stopped_ends_every_stream_and_opens_nothing(few: Rooms, room: Room) -> None:
    wall, phone = room.listen(), room.join(PHONE)
    few.stop()
    assert {told(mail)[-1][1]["message"] for mail in (wall, phone)} == {rooms.STOPPED}
    with pytest.raises(Busy):
        few.open("192.0.2.1", SHOWN)


# What is said in them


def test_a_press_reaches_the_newest_wall_alone(room: Room) -> None:
    assert not room.press(PHONE, "next", None)
    old = room.listen()
    assert room.press(PHONE, "next", None)
    new = room.listen()
    assert told(old)[-1] == (
        "problem",
        {"message": rooms.TAKEN, "where": {}, "suggestion": None},
    )
    waiting(new)
    room.press(PHONE, "back", None)
    assert ("press", {"phone": 1, "press": "back"}) in waiting(new)
    room.leave(old)  # which changes nothing any more
    assert room.press(PHONE, None, None)
    room.leave(new)
    assert not room.press(PHONE, None, None)


def test_every_press_counts_and_only_the_newest_place_does(room: Room) -> None:
    wall = room.listen()
    waiting(wall)
    for place in (0.1, 0.2, 0.3):
        room.press(PHONE, "next", (place, 0.5))
    found = waiting(wall)
    assert [data for name, data in found if name == "press"] == [{"phone": 1, "press": "next"}] * 3
    assert [data for name, data in found if name == "point"] == [{"phone": 1, "point": [0.3, 0.5]}]


def test_two_phones_point_each_with_a_dot_of_its_own(room: Room) -> None:
    wall = room.listen()
    first, second = room.join(PHONE), room.join(OTHER)
    assert ("phones", {"phones": 2}) in waiting(wall)
    room.press(PHONE, None, (0.1, 0.2))
    room.press(OTHER, None, (0.3, 0.4))
    assert waiting(wall) == [
        ("point", {"phone": 1, "point": [0.1, 0.2]}),
        ("point", {"phone": 2, "point": [0.3, 0.4]}),
    ]
    room.show(SHOWN | {"place": 3})
    for mail in (first, second):
        assert waiting(mail)[-1] == ("shown", SHOWN | {"place": 3, "heard": True})
    room.leave(first)  # whose dot goes with it
    assert waiting(wall) == [
        ("point", {"phone": 1, "point": None}),
        ("phones", {"phones": 1}),
    ]


def test_a_phone_is_told_when_no_wall_hears_it(room: Room) -> None:
    phone = room.join(PHONE)
    assert waiting(phone)[-1][1]["heard"] is False
    wall = room.listen()
    assert waiting(phone)[-1][1]["heard"] is True
    room.leave(wall)
    assert waiting(phone)[-1][1]["heard"] is False


def test_a_few_phones_and_one_that_is_away_gives_its_seat_up(room: Room, clock: Clock) -> None:
    mails = [room.join(f"phone {number}") for number in range(rooms.MOST_PHONES)]
    clock.now += 2 * rooms.AWAY_SECONDS
    with pytest.raises(Busy, match="4 phones have joined"):
        room.press("one more", "next", None)
    room.leave(mails[1])
    room.join("one more")
    assert room.seats["one more"].number == 2
    assert len(room.seats) == rooms.MOST_PHONES
    # A phone that opens its page again is the same.
    again = room.join("phone 0")
    assert told(mails[0])[-1][1]["message"] == rooms.TAKEN
    assert room.seats["phone 0"].mail is again


def test_a_phone_says_so_much_a_second_and_takes_nothing_from_another(
    room: Room, clock: Clock
) -> None:
    for _ in range(int(rooms.BURST)):
        room.press(PHONE, "next", None)
    with pytest.raises(Busy, match="30 messages a second"):
        room.press(PHONE, "next", None)
    room.press(OTHER, "next", None)
    clock.now += 1
    for _ in range(int(rooms.RATE)):
        room.press(PHONE, "next", None)
    with pytest.raises(Busy):
        room.press(PHONE, "next", None)


def test_a_wall_says_so_much_a_second(room: Room) -> None:
    for _ in range(int(rooms.BURST)):
        room.show(SHOWN)
    with pytest.raises(Busy):
        room.show(SHOWN)


def test_what_waits_for_a_wall_that_does_not_read_is_bounded(room: Room, clock: Clock) -> None:
    wall = room.listen()
    for _ in range(500):
        clock.now += 1
        room.press(PHONE, "next", None)
    assert len(wall.waiting) == MOST_WAITING
    room.end(rooms.OVER)
    assert told(wall)[-1][0] == "problem"


# Over the wire


def opened(client: TestClient | httpx2.Client, **headers: str) -> dict[str, Any]:
    answer = client.post("/api/clicker", json=SHOWN, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_room_has_an_address_and_a_code_that_can_be_scanned(client: TestClient) -> None:
    room = opened(client, host="192.0.2.7:8000")
    assert room["address"] == f"http://192.0.2.7:8000/clicker/{room['code']}"
    assert room["unreachable"] is None
    assert room["seconds"] == 3600
    drawing = ET.fromstring(room["svg"])
    _, _, width, height = map(int, drawing.attrib["viewBox"].split())
    paper, dark = drawing
    assert (paper.attrib["fill"], dark.attrib["stroke"]) == ("#fff", "#000")
    assert paper.attrib["d"] == f"M0 0h{width}v{height}h-{width}z"
    # A quiet zone of four modules around: what is dark begins and ends there.
    assert dark.attrib["d"].startswith("M4 4.5h7")
    assert width == height
    assert (width - 8 - 17) % 4 == 0  # a QR code of some version has 17 + 4 n modules


@pytest.mark.parametrize(
    ("host", "reached"),
    [
        ("localhost", False),
        ("127.0.0.1", False),
        ("127.3.2.1", False),
        ("::1", False),
        ("0.0.0.0", False),
        ("a.localhost", False),
        ("192.168.1.20", True),
        ("2001:db8::1", True),
        ("backlight.example", True),
    ],
)
def test_a_page_at_the_machine_s_own_name_says_that_no_phone_gets_there(
    host: str, reached: bool
) -> None:
    said = unreachable(host)
    assert (said is None) is reached
    assert said is None or "HOST=0.0.0.0" in said


def test_the_phone_s_page_is_there_for_the_code_alone(client: TestClient) -> None:
    room = opened(client)
    page = client.get(f"/clicker/{room['code']}")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert room["secret"] not in page.text
    assert "The chain rule" in page.text
    assert "needs JavaScript" in page.text
    wrong = client.get("/clicker/nothing", headers={"accept": "text/html"})
    assert wrong.status_code == 404
    assert "There is no clicker nothing." in wrong.text
    assert "<h1>Not Found</h1>" in wrong.text


def test_a_wrong_code_and_a_wrong_secret_are_refused(client: TestClient) -> None:
    code = opened(client)["code"]
    wall = {"secret": "é" * 20}
    bodies = {
        "": {"phone": PHONE},
        "/phone": {"phone": PHONE},
        "/wall": wall,
        "/shown": wall | {"shown": SHOWN},
    }
    for path, body in bodies.items():
        answer = client.post(f"/api/clicker/2222222222{path}", json=body)
        assert answer.status_code == 404
        assert "A code is good for an hour" in answer.json()["message"]
    for path in ("/wall", "/shown"):
        answer = client.post(f"/api/clicker/{code}{path}", json=bodies[path])
        assert answer.status_code == 422
        assert answer.json()["where"] == {"field": "secret"}


@pytest.mark.parametrize(
    "body",
    [
        {"phone": "short"},
        {"phone": "a" * 33},
        {"phone": PHONE, "press": "up"},
        {"phone": PHONE, "point": [0.5]},
        {"phone": PHONE, "point": [0.5, 1.01]},
        {"phone": PHONE, "point": ["0.5", 0.5]},
        {"phone": PHONE, "says": "x"},
    ],
)
def test_what_a_phone_cannot_do_is_refused(client: TestClient, body: dict[str, Any]) -> None:
    code = opened(client)["code"]
    assert client.post(f"/api/clicker/{code}", json=body).status_code == 422


def test_too_many_messages_are_refused_with_when_to_try_again(client: TestClient) -> None:
    rooms_of: Rooms = client.app.state.rooms  # type: ignore[attr-defined]
    code = opened(client)["code"]
    room = rooms_of.find(code)
    assert room
    room.clock = lambda: 0.0  # which stands still
    statuses = [
        client.post(f"/api/clicker/{code}", json={"phone": PHONE}).status_code
        for _ in range(int(rooms.BURST) + 1)
    ]
    assert statuses == [200] * int(rooms.BURST) + [503]


def test_the_examples_of_the_schema_have_answers(client: TestClient) -> None:
    schemas = create_app().openapi()["components"]["schemas"]
    room = opened(client)
    for example in schemas["ShownQuestion"]["examples"]:
        assert client.post("/api/clicker", json=example).status_code == 200
    for example in schemas["PressQuestion"]["examples"]:
        answer = client.post(f"/api/clicker/{room['code']}", json=example)
        assert answer.json() == {"heard": False}
    for example in schemas["WallShownQuestion"]["examples"]:
        shown = example | {"secret": room["secret"]}
        answer = client.post(f"/api/clicker/{room['code']}/shown", json=shown)
        assert (answer.status_code, answer.content) == (204, b"")


@contextmanager
def stream(
    client: httpx2.Client, path: str, body: dict[str, Any]
) -> Iterator[Iterator[tuple[str, Any]]]:
    with client.stream("POST", path, json=body) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"

        def events() -> Iterator[tuple[str, Any]]:
            lines = response.iter_lines()
            for line in lines:
                if line.startswith("event: "):
                    yield line[7:], json.loads(next(lines)[6:])

        yield events()


def test_what_a_phone_does_reaches_the_wall_and_what_the_wall_shows_the_phone(
    live_server: str,
) -> None:
    with httpx2.Client(base_url=live_server, timeout=PATIENCE) as client:
        room = opened(client)
        path, secret = f"/api/clicker/{room['code']}", {"secret": room["secret"]}

        def press() -> Any:
            body = {"phone": PHONE, "press": "next", "point": [0.25, 0.75]}
            return client.post(path, json=body).json()

        with stream(client, f"{path}/wall", secret) as wall:
            assert next(wall) == ("phones", {"phones": 0})
            with stream(client, f"{path}/phone", {"phone": PHONE}) as phone:
                assert next(phone) == ("shown", SHOWN | {"heard": True})
                assert next(wall) == ("phones", {"phones": 1})
                assert press() == {"heard": True}
                assert next(wall) == ("point", {"phone": 1, "point": [0.25, 0.75]})
                assert next(wall) == ("press", {"phone": 1, "press": "next"})
                now = {"says": "Next", "place": 3, "of": 14, "aspect": 1.5}
                client.post(f"{path}/shown", json=secret | {"shown": now})
                assert next(phone) == ("shown", now | {"heard": True})
            # The phone has left, and then the wall.
            assert ("phones", {"phones": 0}) in (next(wall), next(wall))
        wait_until(lambda: press() == {"heard": False}, "the wall is still taken to be there")


def test_a_server_that_is_stopped_says_so_to_the_wall_and_the_phone() -> None:
    with (
        serving() as (server, address),
        httpx2.Client(base_url=address, timeout=PATIENCE) as client,
    ):
        room = opened(client)
        path = f"/api/clicker/{room['code']}"
        with (
            stream(client, f"{path}/wall", {"secret": room["secret"]}) as wall,
            stream(client, f"{path}/phone", {"phone": PHONE}) as phone,
        ):
            next(phone)
            server.send_signal(signal.SIGTERM)
            for told in (wall, phone):
                *_, (name, last) = told
                assert (name, last["message"]) == ("problem", rooms.STOPPED)
        assert said_until_its_end(server) == ""
        assert server.returncode == 0
