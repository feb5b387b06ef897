"""Rooms in which a phone is the clicker of a wall: few, for an hour, in the memory of this process.

Nothing that is said in a room is kept, but what its wall shows at present.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from app.web.mail import Mail
from app.workers.pool import Busy

SECONDS = 3600.0  # that a room is open
MOST_ROOMS, SHARE = 256, 16  # at a time; of one client
MOST_PHONES = 4  # in a room
RATE, BURST = 30.0, 60.0  # messages a second of one phone, or of a wall; and at once
AWAY_SECONDS = 10.0  # after which a phone that does not listen gives its seat to another
# No two of them look or sound alike; as many codes as there are cannot be tried in an hour.
LETTERS, CODE_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz", 10
SECRET_BYTES = 16

OVER = "The hour of this code is over: C at the wall shows a new one."
TAKEN = "This was opened again elsewhere, and goes on there."
LEFT = "This code gave way to newer ones: C at the wall shows a new one."
STOPPED = "The server is being stopped. C at the wall shows a new code when it is back."

Clock = Callable[[], float]


class Allowance:
    """What one sender may say: so much at once, and so much a second."""

    def __init__(self, now: float) -> None:
        self.left, self.at = BURST, now

    def take(self, now: float) -> None:
        """Raises Busy."""
        self.left = min(BURST, self.left + RATE * (now - self.at))
        self.at = now
        if self.left < 1:
            raise Busy(f"That is more than {RATE:.0f} messages a second. Try again in a moment.")
        self.left -= 1


@dataclass
class Seat:
    """A phone's place in a room; the wall knows it by its number."""

    number: int
    allowance: Allowance
    heard: float  # s, on the clock
    mail: Mail | None = None


@dataclass
class Room:
    code: str
    secret: str
    client: str
    until: float  # s, on the clock
    shown: dict[str, Any]
    allowance: Allowance
    clock: Clock
    wall: Mail | None = None
    seats: dict[str, Seat] = field(default_factory=dict)

    # The wall

    def show(self, shown: dict[str, Any]) -> None:
        """What every phone is told of the wall. Raises Busy."""
        self.allowance.take(self.clock())
        self.shown = shown
        self.tell_phones()

    def listen(self) -> Mail:
        """What the phones do, from now on, to the newest wall."""
        if self.wall:
            self.wall.end(TAKEN)
        self.wall = Mail()
        self.tell_wall_of_phones()
        self.tell_phones()
        return self.wall

    # The phones

    def seat(self, phone: str) -> Seat:
        """The seat of a phone, which has one from now on. Raises Busy."""
        now = self.clock()
        if phone not in self.seats:
            self.seats[phone] = Seat(self.free_number(now), Allowance(now), now)
        seat = self.seats[phone]
        seat.heard = now
        seat.allowance.take(now)
        return seat

    def free_number(self, now: float) -> int:
        """Raises Busy."""
        if len(self.seats) >= MOST_PHONES:
            for phone, seat in self.seats.items():
                if seat.mail is None and now - seat.heard > AWAY_SECONDS:
                    del self.seats[phone]
                    break
            else:
                raise Busy(f"{MOST_PHONES} phones have joined already, the most at once.")
        taken = {seat.number for seat in self.seats.values()}
        return next(number for number in range(1, MOST_PHONES + 1) if number not in taken)

    def join(self, phone: str) -> Mail:
        """What the wall shows, from now on, to a phone. Raises Busy."""
        seat = self.seat(phone)
        if seat.mail:
            seat.mail.end(TAKEN)
        seat.mail = Mail()
        self.tell_wall_of_phones()
        self.tell_phones()
        return seat.mail

    def press(self, phone: str, press: str | None, point: tuple[float, float] | None) -> bool:
        """What a phone does; whether a wall hears it. Raises Busy."""
        number = self.seat(phone).number
        if self.wall is None:
            return False
        self.wall.put("point", {"phone": number, "point": point}, key=("point", number))
        if press:
            self.wall.put("press", {"phone": number, "press": press})
        return True

    # Both

    def leave(self, mail: Mail) -> None:
        """A stream that nobody reads any more."""
        if self.wall is mail:
            self.wall = None
            self.tell_phones()
        for seat in self.seats.values():
            if seat.mail is mail:
                seat.mail = None
                if self.wall:
                    gone = {"phone": seat.number, "point": None}
                    self.wall.put("point", gone, key=("point", seat.number))
                self.tell_wall_of_phones()

    def tell_wall_of_phones(self) -> None:
        if self.wall:
            count = sum(seat.mail is not None for seat in self.seats.values())
            self.wall.put("phones", {"phones": count}, key="phones")

    def tell_phones(self) -> None:
        told = self.shown | {"heard": self.wall is not None}
        for seat in self.seats.values():
            if seat.mail:
                seat.mail.put("shown", told, key="shown")

    def end(self, sentence: str) -> None:
        for mail in (self.wall, *(seat.mail for seat in self.seats.values())):
            if mail:
                mail.end(sentence)


class Rooms:
    """All rooms, the oldest first."""

    def __init__(self, clock: Clock = monotonic) -> None:
        self.clock = clock
        self.rooms: dict[str, Room] = {}
        self.stopped = False

    def open(self, client: str, shown: dict[str, Any]) -> Room:
        """A new room. Raises Busy."""
        self.sweep()
        if self.stopped:
            raise Busy(STOPPED)
        own = [room for room in self.rooms.values() if client and room.client == client]
        if len(own) >= SHARE:
            self.make_place(own, f"{SHARE} clickers are open at your address, the most at once.")
        if len(self.rooms) >= MOST_ROOMS:
            self.make_place([*self.rooms.values()], f"{MOST_ROOMS} clickers are open, the most.")
        code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LETTERS))
        now = self.clock()
        room = Room(
            code=code,
            secret=secrets.token_urlsafe(SECRET_BYTES),
            client=client,
            until=now + SECONDS,
            shown=shown,
            allowance=Allowance(now),
            clock=self.clock,
        )
        self.rooms[code] = room
        return room

    def make_place(self, among: list[Room], refusal: str) -> None:
        """The oldest room that no wall listens to any more gives way. Raises Busy."""
        for room in among:
            if room.wall is None:
                room.end(LEFT)
                del self.rooms[room.code]
                return
        raise Busy(refusal)

    def find(self, code: str) -> Room | None:
        """The room that is open by that code, however it was typed."""
        self.sweep()
        return self.rooms.get(code.lower())

    def sweep(self) -> None:
        """Closes the rooms whose hour is over."""
        now = self.clock()
        for room in [room for room in self.rooms.values() if room.until <= now]:
            room.end(OVER)
            del self.rooms[room.code]

    def stop(self) -> None:
        """Every stream ends in words, and no room is opened any more."""
        self.stopped = True
        for room in self.rooms.values():
            room.end(STOPPED)
        self.rooms.clear()
