"""The built frontend: Vite's manifest turned into HTML tags, and its files served with caching."""

import json
import os
from functools import cached_property
from pathlib import Path
from typing import Any

from markupsafe import Markup
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

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

    def tags(self, entry: str) -> Markup:
        """The link and script tags of a page entry, such as `src/pages/expression.ts`."""
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
            Markup('<script type="module" src="{}"></script>').format(BASE + page["file"]),
        ]
        return Markup("\n").join(lines)


class BuiltFiles(StaticFiles):
    """Serves static/dist; Vite puts a hash in the names under assets/, so those never change."""

    def file_response(
        self, full_path: Any, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        hashed = Path(full_path).parent.name == "assets"
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if hashed else "no-cache"
        )
        return response


ASSETS = Assets(DIST)
