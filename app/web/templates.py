"""The Jinja2 templates; `{{ assets("src/pages/expression.ts") }}` brings in a page's scripts."""

from starlette.templating import Jinja2Templates

from app.web.assets import ASSETS, ROOT

templates = Jinja2Templates(ROOT / "templates")
templates.env.globals["assets"] = ASSETS.tags
