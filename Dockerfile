# The frontend is built with Node, and served without it.
FROM node:22-slim AS frontend
WORKDIR /backlight/static
COPY static/package.json static/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY static/ ./
# Their formulas are set by the build.
COPY templates/lessons/ ../templates/lessons/
RUN node node_modules/vite/bin/vite.js build --logLevel=warn

FROM python:3.11-slim
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000
WORKDIR /backlight
COPY requirements.txt ./
COPY tools/install.py tools/
# The public index's torch makes this 5.5 GB. An index that has the CPU build of torch can be named
# with --build-arg PIP_EXTRA_INDEX_URL=...
ARG PIP_EXTRA_INDEX_URL
RUN python tools/install.py --no-cache-dir
COPY LICENSE NOTICE ./
COPY app/ app/
COPY templates/ templates/
COPY --from=frontend /backlight/static/dist/ static/dist/
RUN python -m compileall -q app && useradd --system backlight
USER backlight
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]
CMD ["python", "-m", "app"]
