"""The list of licences names every package shipped, found here by other ways than the build's."""

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "static"
DIST = STATIC / "dist"
LOCK: dict[str, dict[str, Any]] = json.loads((STATIC / "package-lock.json").read_text())["packages"]
RULE = f"\n{'=' * 80}\n"

# What a licence says of itself, whatever the package.
SAYS = {
    "MIT": "Permission is hereby granted, free of charge",
    "ISC": "Permission to use, copy, modify, and/or distribute this software",
    "OFL-1.1": "SIL OPEN FONT LICENSE Version 1.1",
    "Apache-2.0": "APPENDIX: How to apply the Apache License to your work",
}


@cache
def listed() -> dict[str, tuple[str, str, str]]:
    """Name -> version, licence and texts."""
    found = {}
    head, *entries = (DIST / "licences.txt").read_text().split(RULE)
    for entry in entries:
        title, _, texts = entry.strip().partition("\n")
        name, version, licence = re.split(" +", title, maxsplit=2)
        assert title in head.splitlines()
        found[name] = (version, licence, texts)
    return found


def name_of(path: str) -> str:
    return path.rpartition("node_modules/")[2]


@cache
def reachable() -> dict[str, Path]:
    """Name -> folder of what package.json's dependencies need, as the lock tells it."""
    found: dict[str, Path] = {}

    def visit(name: str, above: str) -> None:
        while f"{above}node_modules/{name}" not in LOCK:
            if not above:
                return  # a peer that is not installed
            above = above.rpartition("node_modules/")[0]
        path = f"{above}node_modules/{name}"
        if name not in found:
            found[name] = STATIC / path
            for needed in LOCK[path].get("dependencies", {}):
                visit(needed, f"{path}/")

    for name in LOCK[""]["dependencies"]:
        visit(name, "")
    return found


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def words(text: str) -> set[str]:
    """What a string of a script says, if long: minifying leaves it as it is."""
    return set(re.findall(r"""["'`]([^"'`\\\n${}]{28,120})["'`]""", text))


@cache
def shipped_words() -> set[str]:
    return set().union(*(words(path.read_text()) for path in DIST.rglob("*.js")))


def test_every_dependency_is_listed_with_its_version() -> None:
    for name in LOCK[""]["dependencies"]:
        assert name in listed(), f"{name} is no part of the build: is it a dependency?"
    for name, (version, licence, _) in listed().items():
        package = LOCK[f"node_modules/{name}"]
        assert (version, licence) == (package["version"], package["license"])


def test_every_package_of_the_manifest_is_listed() -> None:
    manifest = json.loads((DIST / "manifest.json").read_text())
    sources = [text for row in manifest.values() if "node_modules/" in (text := row.get("src", ""))]
    assert len(sources) > 20
    for source in sources:
        assert re.match(r"(@[^/]+/)?[^/]+", name_of(source))[0] in listed()  # type: ignore[index]


def test_every_font_and_picture_is_ours_or_of_a_listed_package() -> None:
    ours = {digest(path) for folder in ("public", "src") for path in (STATIC / folder).rglob("*.*")}
    theirs = {
        digest(path): name
        for name in listed()
        for path in (STATIC / "node_modules" / name).rglob("*.*")
        if path.suffix in (".woff2", ".png", ".svg", ".gif", ".ico")
    }
    made = {".js", ".css", ".json", ".txt", ".br", ".gz"}
    files = [path for path in DIST.rglob("*.*") if path.suffix not in made]
    assert sum(path.suffix == ".woff2" for path in files) > 20
    for path in files:
        found = digest(path)
        assert found in ours or found in theirs, f"whose is {path.name}?"
    fonts = {theirs[digest(path)] for path in files if path.suffix == ".woff2"}
    for name in fonts:
        assert "SIL OPEN FONT LICENSE" in listed()[name][2], name


@pytest.mark.parametrize("name", reachable())
def test_a_package_whose_words_are_shipped_is_listed(name: str) -> None:
    folder = reachable()[name]
    said = set().union(
        *(
            words(path.read_text(errors="replace"))
            for path in folder.rglob("*.*js")
            if "node_modules" not in path.relative_to(folder).parts
        )
    )
    for other in set(listed()) - {name}:  # what two say is no sign of either
        if other in reachable():
            said -= own_words(other)
    found = said & shipped_words()
    assert name in listed() or not found, f"{name} is shipped: {sorted(found)[:3]}"


@cache
def own_words(name: str) -> set[str]:
    folder = reachable()[name]
    return set().union(*(words(path.read_text(errors="replace")) for path in folder.rglob("*.*js")))


# What those leave in a build that are too short for such words.
MARKS = {
    "vite": r"vite:preloadError",
    "rolldown": r"=Object\.getOwnPropertyDescriptor,\w+=Object\.getOwnPropertyNames,",
    "clsx": r"typeof (\w)==`string`\|\|typeof \1==`number`\)\w\+=\1;else if\(typeof \1==`object`",
}


@pytest.mark.parametrize("name", MARKS)
def test_a_package_whose_mark_is_shipped_is_listed(name: str) -> None:
    texts = [path.read_text() for path in DIST.rglob("*.js")]
    assert any(re.search(MARKS[name], text) for text in texts) == (name in listed())


def test_words_tell_what_is_shipped() -> None:
    """The way above finds what it should: it is not blind."""
    for name in ("katex", "svelte", "swagger-ui-dist"):
        assert own_words(name) & shipped_words()


@pytest.mark.parametrize("name", listed())
def test_a_licence_comes_with_its_text(name: str) -> None:
    _, licence, texts = listed()[name]
    assert SAYS[licence] in " ".join(texts.split())
    assert "opyright" in texts


def test_what_some_licences_ask_for_besides() -> None:
    assert "SmartBear Software" in listed()["swagger-ui-dist"][2]
    assert "react-dom.production.min.js" in listed()["swagger-ui-dist"][2]
    assert "Cole Bemis" in listed()["@lucide/svelte"][2]
    assert "Reserved Font Name KaTeX_AMS" in listed()["katex"][2]


def test_the_notice_leads_to_every_text_and_is_taken_along() -> None:
    notice = (ROOT / "NOTICE").read_text()
    for path in ("LICENSE", "app/core/assets/NOTICE", "static/dist/licences.txt"):
        assert path in notice
        assert (ROOT / path).stat().st_size > 0
    assets = " ".join((ROOT / "app/core/assets/NOTICE").read_text().split())
    for text in (SAYS["MIT"], "2. Redistributions in binary form must reproduce the above"):
        assert text in assets
    assert "\nCOPY LICENSE NOTICE ./\n" in (ROOT / "Dockerfile").read_text()
    assert {"!LICENSE", "!NOTICE"} <= set((ROOT / ".dockerignore").read_text().splitlines())
