"""Write static/src/figure/schema.ts, the frontend's types, from the server's OpenAPI schema."""

import json
import os
import subprocess
from pathlib import Path

from app.main import create_app

STATIC = Path(__file__).resolve().parent.parent / "static"
TYPES = STATIC / "src" / "figure" / "schema.ts"


def types() -> str:
    return subprocess.run(
        [os.environ.get("NODE", "node"), "node_modules/openapi-typescript/bin/cli.js"],
        cwd=STATIC,
        input=json.dumps(create_app().openapi()),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


if __name__ == "__main__":
    TYPES.write_text(types())
