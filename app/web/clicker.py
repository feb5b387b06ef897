"""The phone as clicker: a room by a QR code, through the server, for an hour."""

from collections.abc import Callable
from ipaddress import ip_address
from secrets import compare_digest
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from pydantic import Field
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from typing_extensions import TypedDict

from app.core.errors import Problem, ProblemAnswer, shortened
from app.core.figures import EVENTS
from app.core.questions import Asked, shown
from app.web.answering import Json, encode
from app.web.assets import templates
from app.web.clients import client_of
from app.web.links import own_address
from app.web.mail import Mail
from app.web.problems import REFUSALS
from app.web.rooms import SECONDS, Room, Rooms

MOST_LETTERS = 120  # of what a phone is told of a screen
MOST_SCREENS = 1_000
QUIET_ZONE = 4  # modules of white around a QR code, as its standard has it

router = APIRouter(prefix="/api", tags=["clicker"], responses=REFUSALS)
pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Code = Annotated[str, Path(max_length=64, json_schema_extra={"example": "k7m2xq9pwd"})]
Phone = Annotated[
    str,
    Field(min_length=8, max_length=32, description="Any name; the same as long as it is one phone"),
]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]
Place = Annotated[int, Field(ge=1, le=MOST_SCREENS, strict=True)]
PHONE, SECRET = "a-phone-of-mine", "as it came when the room was opened"


class ShownQuestion(Asked):
    """What a wall shows: the phones are told."""

    model_config = shown({"says": "The chain rule", "place": 2, "of": 14, "aspect": 1.78})

    says: str = Field("", max_length=MOST_LETTERS, description="The name of the present screen")
    place: Place = 1
    of: Place = 1
    aspect: Annotated[float, Field(ge=0.1, le=10, allow_inf_nan=False, strict=True)] = Field(
        16 / 9, description="Its width by its height"
    )


class WallQuestion(Asked):
    """Who is the wall of a room."""

    model_config = shown({"secret": SECRET})

    secret: str = Field(max_length=64)


class WallShownQuestion(WallQuestion):
    """What the wall of a room shows."""

    model_config = shown({"secret": SECRET, "shown": {"says": "The chain rule"}})

    shown: ShownQuestion


class JoinQuestion(Asked):
    """Which phone joins."""

    model_config = shown({"phone": PHONE})

    phone: Phone


class PressQuestion(JoinQuestion):
    """All that a phone does at present: a button, and where it points."""

    model_config = shown(
        {"phone": PHONE, "press": "next"}, {"phone": PHONE, "point": [0.5, 0.25]}, {"phone": PHONE}
    )

    press: Literal["next", "back"] | None = None
    point: tuple[Share, Share] | None = Field(
        None, description="A place on the wall, in its widths and heights; null: nowhere"
    )


class RoomAnswer(TypedDict):
    """A room: `code` is for phones, `secret` for its wall alone."""

    code: str
    secret: str
    seconds: float
    address: str
    svg: Annotated[str, Field(description="The address as a QR code, dark on light")]
    unreachable: Annotated[str | None, Field(description="Why no phone gets to that address")]


class PressAnswer(TypedDict):
    """Whether a wall hears it."""

    heard: bool


def sentence(code: str) -> str:
    return (
        f"There is no clicker {shortened(code)}. A code is good for an hour: "
        "C in a lesson on the projector shows a new one."
    )


def room_of(request: Request, code: str) -> Room:
    """Raises a 404."""
    rooms: Rooms = request.app.state.rooms
    room = rooms.find(code)
    if room is None:
        raise HTTPException(404, sentence(code))
    return room


def room_of_wall(request: Request, code: str, question: WallQuestion) -> Room:
    """Raises a 404, or Problem."""
    room = room_of(request, code)
    if not compare_digest(question.secret.encode("utf-8", "replace"), room.secret.encode()):
        raise Problem("That is not the secret of this clicker.", {"field": "secret"})
    return room


def qr(address: str) -> str:
    """An address as a QR code, in SVG. Takes 20 ms."""
    import segno  # which takes 150 ms, once: no page needs it before somebody presses C

    code = segno.make_qr(address, error="m")
    # Scanners want dark on light, whatever the theme.
    return code.svg_inline(
        border=QUIET_ZONE, dark="#000", light="#fff", svgclass=None, lineclass=None, omitsize=True
    )


def unreachable(host: str) -> str | None:
    """Why a phone gets nowhere by that name, if it does not."""
    try:
        address = ip_address(host)
        own = address.is_loopback or address.is_unspecified
    except ValueError:
        own = host == "localhost" or host.endswith(".localhost")
    if not own:
        return None
    return (
        f"{host} is this machine alone. For a phone, start the server with make run HOST=0.0.0.0 "
        "and open the lesson by the machine's address in its network."
    )


class Stream(StreamingResponse):
    """The events of a mail, until it ends or nobody reads it any more."""

    media_type = EVENTS

    def __init__(self, rooms: Rooms, room: Room, mail: Mail) -> None:
        self.left: Callable[[], None] = lambda: room.leave(mail)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(mail.events(rooms.sweep), headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.left()


UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: {"model": ProblemAnswer, "description": "There is no such room, or its hour is over"}
}


def streams(example: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {EVENTS: {"example": example}}}, **UNKNOWN}


@router.post(
    "/clicker",
    summary="Open a room in which a phone is a clicker",
    responses={200: {"model": RoomAnswer}},
)
async def open_room(request: Request, question: ShownQuestion) -> Response:
    """For an hour. The address, which the QR code says too, is the page for the phone."""
    rooms: Rooms = request.app.state.rooms
    room = rooms.open(client_of(request), question.model_dump())
    address = f"{own_address(request)}/clicker/{room.code}"
    answer: RoomAnswer = {
        "code": room.code,
        "secret": room.secret,
        "seconds": SECONDS,
        "address": address,
        "svg": await run_in_threadpool(qr, address),
        "unreachable": unreachable(request.base_url.hostname or ""),
    }
    return Json(encode(answer))


@router.post(
    "/clicker/{code}",
    summary="What a phone does",
    responses={200: {"model": PressAnswer}, **UNKNOWN},
)
async def press(request: Request, code: Code, question: PressQuestion) -> Response:
    """A button pressed, and where on the wall the phone points, if anywhere."""
    heard = room_of(request, code).press(question.phone, question.press, question.point)
    return Json(encode(PressAnswer(heard=heard)))


@router.post(
    "/clicker/{code}/phone",
    summary="What the wall shows, as it changes",
    response_class=Response,
    responses=streams(
        'event: shown\ndata: {"says":"The chain rule","place":2,"of":14,"aspect":1.78,"heard":true}'
    ),
)
async def phone(request: Request, code: Code, question: JoinQuestion) -> Response:
    """For a phone, which joins by this: events `shown`, and `problem` as the last, which says
    why."""
    room = room_of(request, code)
    return Stream(request.app.state.rooms, room, room.join(question.phone))


@router.post(
    "/clicker/{code}/wall",
    summary="What the phones do, as they do it",
    response_class=Response,
    responses=streams('event: press\ndata: {"phone":1,"press":"next"}'),
)
async def wall(request: Request, code: Code, question: WallQuestion) -> Response:
    """For the wall: events `press`, `point`, `phones` (how many have joined), and `problem` as
    the last, which says why."""
    room = room_of_wall(request, code, question)
    return Stream(request.app.state.rooms, room, room.listen())


@router.post(
    "/clicker/{code}/shown",
    summary="Tell the phones what the wall shows",
    status_code=204,
    response_class=Response,
    responses=UNKNOWN,
)
async def show(request: Request, code: Code, question: WallShownQuestion) -> Response:
    """The name and the place of the screen, for the phones to say."""
    room_of_wall(request, code, question).show(question.shown.model_dump())
    return Response(status_code=204)


@pages.get("/clicker/{code}")
async def clicker(request: Request, code: str) -> HTMLResponse:
    """The phone's page."""
    room = room_of(request, code)
    context = {"code": room.code, "shown": room.shown}
    headers = {"Cache-Control": "no-store"}  # a room is there today and gone tomorrow
    return templates.TemplateResponse(request, "clicker.html", context, headers=headers)
