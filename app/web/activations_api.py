"""The REST routes of a network that looks at a picture."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from app.core.activations import answers as figure
from app.core.activations import questions
from app.core.figure import JSON, Figure
from app.core.figure import PICTURES as MOST_BYTES
from app.core.networks import models
from app.core.pictures import images, tables, uploads
from app.web import activations_schemas as schemas
from app.web.answering import Json, encode, route
from app.web.problems import REFUSALS, ProblemAnswer
from app.workers.pool import run

router = APIRouter(prefix="/api", tags=["activations"], responses=REFUSALS)

SECONDS = 20.0  # what one look may take
PICTURES = ("image/png", "image/jpeg", "image/webp")

ACTIVATIONS = Figure(
    "/activations",
    questions.ActivationsQuestion,
    figure.activations,
    write=figure.write,
    forms=(JSON, figure.SAFETENSORS),
    seconds=SECONDS,
    most_bytes=MOST_BYTES,
)

route(
    router,
    ACTIVATIONS,
    "activations",
    "A network looks at a picture: classes, every activation and every gradient.",
    schemas.ActivationsAnswer,
    content={figure.SAFETENSORS: {}},
    description="As safetensors, if asked for: maps as tensors, the rest as metadata.",
)


@router.get("/models", responses={200: {"model": list[schemas.ModelRow]}})
async def model_table() -> Response:
    """The networks that ship with their weights."""
    return Json(encode([models.model_row(row) for row in models.MODELS.values()]))


@router.get("/images", responses={200: {"model": list[schemas.ImageRow]}})
async def image_table() -> Response:
    """The pictures that ship."""
    return Json(encode([tables.image_row(row) for row in images.IMAGES.values()]))


@router.get(
    "/images/{name}",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}},
)
async def image(
    name: Annotated[str, Path(max_length=64, json_schema_extra={"example": "chelsea"})],
    size: Annotated[int, Query(ge=8, le=512, description="Of its sides, in pixels.")] = 64,
) -> Response:
    """A picture that ships, cut square."""
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(tables.thumbnail(name, size), media_type="image/png", headers=headers)


@router.post(
    "/images",
    responses={
        200: {"model": schemas.UploadAnswer},
        415: {"model": ProblemAnswer, "description": "The body is no PNG, JPEG or WebP"},
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}} for kind in PICTURES
            },
        }
    },
)
async def upload(request: Request) -> Response:
    """A picture of one's own: made upright and small, given back, and kept nowhere."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in PICTURES:
        raise HTTPException(415, "A picture is PNG, JPEG or WebP.")
    data = await request.body()
    executor = request.app.state.executor
    return Json(encode(await run(executor, uploads.upright, data, timeout=SECONDS)))
