"""The REST routes of a network that looks at a picture."""

from typing import Annotated

import orjson
from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from app.core import activation_figure as figure
from app.core import images, models, uploads
from app.web import activations_schemas as schemas
from app.web.api import Json, encode
from app.web.problems import REFUSALS, ProblemAnswer
from app.workers.pool import run

router = APIRouter(prefix="/api", tags=["activations"], responses=REFUSALS)

SAFETENSORS = "application/vnd.safetensors"
SECONDS = 20.0  # what one look may take
PICTURES = ("image/png", "image/jpeg", "image/webp")


class Safetensors(Response):
    """Tensors, and the rest of the answer in their metadata."""

    media_type = SAFETENSORS


def json_bytes(question: figure.ActivationsQuestion) -> bytes:
    """The answer as JSON; runs in a worker, which then sends bytes and not objects."""
    answer, maps = figure.activations(question)
    answer["maps"] = figure.as_lists(maps)
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)


def tensor_bytes(question: figure.ActivationsQuestion) -> bytes:
    """The answer as safetensors; runs in a worker."""
    answer, maps = figure.activations(question)
    return figure.as_tensors(maps, encode(answer))


@router.post(
    "/activations",
    responses={
        200: {
            "model": schemas.ActivationsAnswer,
            "content": {SAFETENSORS: {}},
            "description": "As safetensors, if asked for: maps as tensors, the rest as metadata.",
        }
    },
)
async def activations(request: Request, question: figure.ActivationsQuestion) -> Response:
    """A network looks at a picture: classes, every activation and every gradient."""
    executor = request.app.state.executor
    if SAFETENSORS in request.headers.get("accept", ""):
        return Safetensors(await run(executor, tensor_bytes, question, timeout=SECONDS))
    return Json(await run(executor, json_bytes, question, timeout=SECONDS))


@router.get("/models", responses={200: {"model": list[schemas.ModelRow]}})
async def model_table() -> Response:
    """The networks that ship with their weights."""
    return Json(encode([figure.model_row(row) for row in models.MODELS.values()]))


@router.get("/images", responses={200: {"model": list[schemas.ImageRow]}})
async def image_table() -> Response:
    """The pictures that ship."""
    return Json(encode([figure.image_row(row) for row in images.IMAGES.values()]))


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
    return Response(figure.thumbnail(name, size), media_type="image/png", headers=headers)


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
