"""/docs: the REST calls to read and to try, with Swagger UI from the lock file, so offline too."""

from fastapi import APIRouter, Request, Response

from app.web.templates import templates

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs(request: Request) -> Response:
    return templates.TemplateResponse(request, "docs.html")
