"""The built frontend: Vite's manifest turned into HTML tags, and its files served with caching."""

import json
import os
import re
import stat
from functools import cached_property
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.templating import Jinja2Templates
from starlette.types import Scope

from app.core.numbers import format_number, with_minus

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "static" / "dist"
BASE = "/static/"
# Fonts that a page which has them lays out its first picture in.
AT_ONCE = ("inter-latin", "KaTeX_Main-Regular", "KaTeX_Math-Italic")


class Assets:
    """Knows, from Vite's manifest, which files a page entry needs."""

    def __init__(self, dist: Path) -> None:
        self.dist = dist

    @cached_property
    def manifest(self) -> dict[str, dict[str, Any]]:
        path = self.dist / "manifest.json"
        if not path.exists():
            raise RuntimeError(f"{path} is missing: build the frontend first, with `make build`.")
        manifest: dict[str, dict[str, Any]] = json.loads(path.read_text())
        return manifest

    def chunks(self, entry: str) -> list[dict[str, Any]]:
        """The entry's chunk and all it imports, what is imported first."""
        found: dict[str, dict[str, Any]] = {}

        def visit(name: str) -> None:
            if name not in found:
                chunk = self.manifest[name]
                for imported in chunk.get("imports", ()):
                    visit(imported)
                found[name] = chunk

        visit(entry)
        return list(found.values())

    def tags(self, entry: str, first: bool = False) -> Markup:
        """The link and script tags of a page entry, such as `src/pages/expression.ts`. `first`: it
        has run before anything is painted, in a browser that knows how to wait for it."""
        *imported, page = self.chunks(entry)
        styles = dict.fromkeys(css for chunk in [*imported, page] for css in chunk.get("css", ()))
        files = [file for chunk in [*imported, page] for file in chunk.get("assets", ())]
        fonts = [file for name in AT_ONCE for file in files if Path(file).name.startswith(name)]
        lines = [
            *(
                Markup(
                    '<link rel="preload" as="font" type="font/woff2" crossorigin href="{}">'
                ).format(BASE + font)
                for font in fonts
            ),
            *(Markup('<link rel="stylesheet" href="{}">').format(BASE + css) for css in styles),
            *(
                Markup('<link rel="modulepreload" href="{}">').format(BASE + chunk["file"])
                for chunk in imported
            ),
            Markup('<script type="module" src="{}"{}></script>').format(
                BASE + page["file"], Markup(' blocking="render"') if first else ""
            ),
        ]
        return Markup("\n").join(lines)


# What the build writes beside a file for those who take it, what is smaller first: its suffix.
TWINS = {"br": ".br", "gzip": ".gz"}


def wanted(accept_encoding: str) -> list[str]:
    """Those of TWINS that an Accept-Encoding admits and prefers to the plain file, best first."""
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        name, *parameters = (text.strip() for text in part.split(";"))
        weights[name] = quality(parameters)
    least = weights.get("identity", 0)
    weight = {name: weights.get(name, weights.get("*", 0)) for name in TWINS}
    admitted = [name for name in TWINS if weight[name] > 0 and weight[name] >= least]
    return sorted(admitted, key=lambda name: -weight[name])


def quality(parameters: list[str]) -> float:
    """The q of an entry, from 0 to 1; what cannot be read is a no."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            found = re.fullmatch(r"[01](\.[0-9]{0,3})?", value.strip())
            return float(found[0]) if found else 0
    return 1


class BuiltFile(FileResponse):
    """A file in pieces of half a megabyte: each piece costs a way into a thread and back."""

    chunk_size = 512 * 1024


class BuiltFiles(StaticFiles):
    """Serves static/dist as it lies, compressed by the build.

    Vite puts a hash in the names under assets/, so those never change. A twin is another form of
    its file: it has no address of its own. A Range is one of the plain file.
    """

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        plain, suffix = os.path.splitext(path)
        if suffix in TWINS.values() and super().lookup_path(plain)[1]:
            return "", None
        return super().lookup_path(path)

    def file_response(
        self, full_path: Any, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        asked = Headers(scope=scope)
        hashed = Path(full_path).parent.name == "assets"
        headers = {"Cache-Control": "public, max-age=31536000, immutable" if hashed else "no-cache"}
        # On the event loop: the way into a thread costs fifty times more than such a look.
        twins = {name: found for name in TWINS if (found := twin(f"{full_path}{TWINS[name]}"))}
        encoding = None
        if twins:
            headers["Vary"] = "Accept-Encoding"
            if "range" not in asked:
                order = wanted(",".join(asked.getlist("accept-encoding")))
                encoding = next((name for name in order if name in twins), None)
        response = BuiltFile(
            f"{full_path}{TWINS[encoding]}" if encoding else full_path,
            status_code,
            headers,
            guess_type(full_path)[0] or "application/octet-stream",
            stat_result=twins[encoding] if encoding else stat_result,
        )
        if encoding:
            response.headers["Content-Encoding"] = encoding
            response.headers["Accept-Ranges"] = "none"
            response.headers["ETag"] = f'{response.headers["ETag"][:-1]}-{encoding}"'
        if self.is_not_modified(response.headers, asked):
            return NotModifiedResponse(response.headers)
        return response


def twin(path: str) -> os.stat_result | None:
    """What a file of the build is like, or None; a link could lead out of the folder."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None


ASSETS = Assets(DIST)


templates = Jinja2Templates(ROOT / "templates")
templates.env.globals["assets"] = ASSETS.tags
templates.env.filters["number"] = format_number
templates.env.filters["minus"] = with_minus


def read_templates() -> None:
    """Compiles them all: half a second for which no visitor of a page has to wait then."""
    for name in templates.env.list_templates(["html"]):
        templates.env.get_template(name)
