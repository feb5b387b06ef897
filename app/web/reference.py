"""/reference, the op table, and /docs: the REST calls to read and to try.

Swagger UI comes from the lock file, so it works offline too.
"""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from app.core.expressions import questions
from app.web.assets import templates

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs(request: Request) -> Response:
    return templates.TemplateResponse(request, "docs.html")


@router.get("/reference")
async def reference(request: Request) -> HTMLResponse:
    """The op table as a page."""
    return templates.TemplateResponse(request, "reference.html", {"ops": questions.op_rows()})
