"""The built files are served as the build left them: compressed, cached, and nothing else."""

import base64
import gzip
import json
import os
import subprocess
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.web.assets import DIST, BuiltFiles, wanted
from app.web.reads import KeptReads

SCRIPT = "/static/" + next(
    chunk["file"]
    for chunk in json.loads((DIST / "manifest.json").read_text()).values()
    if chunk.get("name") == "swagger-ui"
)
FOREVER = "public, max-age=31536000, immutable"
TYPES = ("text/javascript", "text/css", "text/plain", "application/json")


def raw(client: TestClient, path: str, accept: str) -> tuple[dict[str, str], bytes]:
    """The headers and the bytes as they went over the wire."""
    with client.stream("GET", path, headers={"Accept-Encoding": accept}) as answer:
        assert answer.status_code == 200
        return dict(answer.headers), b"".join(answer.iter_raw())


@pytest.mark.parametrize("encoding", ["br", "gzip", "identity"])
def test_every_file_is_itself_in_every_encoding(client: TestClient, encoding: str) -> None:
    files = [path for path in DIST.rglob("*") if path.suffix in (".js", ".css", ".txt", ".json")]
    assert len(files) > 20
    brotli: list[tuple[str, str]] = []
    for path in files:
        address = f"/static/{path.relative_to(DIST).as_posix()}"
        headers, body = raw(client, address, encoding)
        found = headers.get("content-encoding", "identity")
        large = path.stat().st_size > 1000
        assert found == (encoding if large else "identity"), address
        assert headers["content-length"] == str(len(body))
        assert headers["content-type"].partition(";")[0] in TYPES
        assert headers.get("vary") == ("Accept-Encoding" if large else None)
        if found == "br":
            brotli.append((base64.b64encode(body).decode(), str(path)))
        else:
            assert (gzip.decompress(body) if found == "gzip" else body) == path.read_bytes()
    assert differing(brotli) == []


def differing(brotli: list[tuple[str, str]]) -> list[str]:
    """The files that their brotli bytes (in base64) do not unpack to; Python has no brotli."""
    script = """
        const differs = ([body, path]) =>
          !zlib.brotliDecompressSync(Buffer.from(body, 'base64')).equals(fs.readFileSync(path))
        const found = JSON.parse(fs.readFileSync(0)).filter(differs)
        console.log(JSON.stringify(found.map(([, path]) => path)))
    """
    done = subprocess.run(
        [os.environ.get("NODE", "node"), "-e", script],
        input=json.dumps(brotli),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", []),
        ("identity", []),
        ("deflate, zstd", []),
        ("gzip", ["gzip"]),
        ("GZIP", ["gzip"]),
        ("gzip, deflate, br, zstd", ["br", "gzip"]),
        ("br;q=0.1, gzip", ["gzip", "br"]),
        ("br;q=0, gzip;q=0.5", ["gzip"]),
        ("br; Q=0.000 ,gzip ; q=1.000", ["gzip"]),
        ("*", ["br", "gzip"]),
        ("*;q=0", []),
        ("br;q=0, *", ["gzip"]),
        ("*;q=0, gzip", ["gzip"]),
        ("identity;q=0, br", ["br"]),
        ("identity, br;q=0.5", []),
        ("identity;q=0.5, br;q=0.4, gzip;q=0.6", ["gzip"]),
        ("br;q=nan, gzip;q=yes", []),
        ("br;q=7", []),
        (";;,,=;q=", []),
        ("brotli, gzipped, xbr", []),
    ],
)
def test_an_encoding_is_what_the_header_says(accept: str, expected: list[str]) -> None:
    assert wanted(accept) == expected


def test_hashed_files_are_cached_for_ever_and_others_are_not(client: TestClient) -> None:
    for accept in ("br", "gzip", "identity"):
        assert raw(client, SCRIPT, accept)[0]["cache-control"] == FOREVER
        assert raw(client, "/static/manifest.json", accept)[0]["cache-control"] == "no-cache"


def test_an_etag_is_of_one_encoding_and_answers_304(client: TestClient) -> None:
    tags = {name: raw(client, SCRIPT, name)[0]["etag"] for name in ("br", "gzip", "identity")}
    assert len(set(tags.values())) == 3
    for name, tag in tags.items():
        for other in tags:
            answer = client.get(SCRIPT, headers={"Accept-Encoding": other, "If-None-Match": tag})
            assert answer.status_code == (304 if other == name else 200)
            if other == name:
                assert answer.content == b""
                assert answer.headers["etag"] == tag
                assert answer.headers["vary"] == "Accept-Encoding"
                assert answer.headers["cache-control"] == FOREVER


@pytest.mark.parametrize("accept", ["br", "gzip", "identity"])
def test_head_says_what_get_would(client: TestClient, accept: str) -> None:
    headers, _ = raw(client, SCRIPT, accept)
    answer = client.head(SCRIPT, headers={"Accept-Encoding": accept})
    assert (answer.status_code, dict(answer.headers), answer.content) == (200, headers, b"")


def test_a_range_is_of_the_plain_file(client: TestClient) -> None:
    body = (DIST / SCRIPT.removeprefix("/static/")).read_bytes()
    asked = {"Accept-Encoding": "br, gzip", "Range": "bytes=1000-1999"}
    answer = client.get(SCRIPT, headers=asked)
    assert answer.status_code == 206
    assert "content-encoding" not in answer.headers
    assert answer.headers["content-range"] == f"bytes 1000-1999/{len(body)}"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.content == body[1000:2000]
    # A copy in another encoding is not what the range would go on with.
    packed = client.get(SCRIPT, headers={"Accept-Encoding": "gzip"}).headers["etag"]
    answer = client.get(SCRIPT, headers={**asked, "If-Range": packed})
    assert (answer.status_code, answer.content) == (200, body)


@pytest.mark.parametrize("accept", ["br", "gzip", "identity"])
@pytest.mark.parametrize(
    "path",
    [
        f"{SCRIPT}.br",
        f"{SCRIPT}.gz",
        f"{SCRIPT}.br/",
        f"{SCRIPT}.gz.br",
        f"{SCRIPT}.part",
        "/static/assets",
        "/static/assets/",
        "/static/../LICENSE",
        "/static/%2e%2e/%2e%2e/LICENSE",
        "/static/assets/..%2f..%2f..%2fLICENSE",
        "/static/..%5c..%5cLICENSE",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/licences.txt%00.js",
        "/static/" + "x" * 5000,
    ],
)
def test_nothing_else_has_an_address(client: TestClient, path: str, accept: str) -> None:
    assert client.get(path, headers={"Accept-Encoding": accept}).status_code == 404


def test_names_that_look_like_twins_and_links_that_lead_out(tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "a.js").write_bytes(b"a" * 2000)
    (dist / "a.js.gz").write_bytes(gzip.compress(b"a" * 2000))
    (dist / "data.tar.gz").write_bytes(gzip.compress(b"an archive"))
    (dist / "b.js").write_bytes(b"b")
    (dist / "c.js").write_bytes(b"c")
    (dist / "c.js.br").mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (dist / "b.js.br").symlink_to(tmp_path / "secret")
    (dist / "d.js").symlink_to(tmp_path / "secret")
    app = FastAPI()
    app.mount("/static", BuiltFiles(directory=dist))
    client = TestClient(app)

    assert raw(client, "/static/a.js", "br, gzip")[0]["content-encoding"] == "gzip"
    archive, body = raw(client, "/static/data.tar.gz", "br, gzip")
    assert "content-encoding" not in archive
    assert gzip.decompress(body) == b"an archive"
    for name in ("b", "c"):
        headers, body = raw(client, f"/static/{name}.js", "br, gzip")
        assert ("content-encoding" in headers, body) == (False, name.encode())
    for path in ("a.js.gz", "b.js.br", "c.js.br", "d.js", "data.tar"):
        assert client.get(f"/static/{path}").status_code == 404


def test_the_server_compresses_no_built_file(tmp_path: Path) -> None:
    (tmp_path / "long.js").write_bytes(b"a" * 500_000)
    app = FastAPI()
    app.add_middleware(KeptReads)
    app.mount("/static", BuiltFiles(directory=tmp_path))
    headers, body = raw(TestClient(app), "/static/long.js", "br, gzip")
    assert "content-encoding" not in headers
    assert body == b"a" * 500_000
