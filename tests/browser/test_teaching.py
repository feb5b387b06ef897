"""Classes of one's own as a visitor teaches them: by keys, by drawing, by file, by the camera."""

import base64
import io
import re
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

PAGE = "/training/teach"
LONG = 120_000  # milliseconds until the workers have started and an answer has come
Opened = Callable[[int, int, str], Page]


def taught(page: Page) -> None:
    expect(page.locator(".teach-results:not(.stale)")).to_be_visible(timeout=LONG)
    expect(page.locator(".teach")).to_have_attribute("aria-busy", "false", timeout=LONG)


def files(colour: str, count: int) -> list[FilePayload]:
    found: list[FilePayload] = []
    for i in range(count):
        file = io.BytesIO()
        Image.new("RGB", (40 + i, 30), colour).save(file, "PNG")
        found.append({"name": f"{i}.png", "mimeType": "image/png", "buffer": file.getvalue()})
    return found


def test_the_example_is_taught_and_a_wrong_picture_opened_by_keys(page: Page) -> None:
    page.goto(PAGE)
    taught(page)
    first = page.get_by_role("button", name="Three kinds of shoe")
    first.focus()
    page.keyboard.press("Enter")
    expect(first).to_have_attribute("aria-pressed", "true")
    taught(page)
    page.get_by_role("button", name="Five digits").press("Enter")
    taught(page)
    wrong = page.locator(".taught-pictures button.wrong")
    count = wrong.count()
    assert count
    expect(page.locator(".teach-why h2")).to_contain_text(f"1 of {count} wrong")
    expect(page.locator(".teach-why h2")).to_contain_text("✗ taken for")
    before = page.locator(".teach-why h2").inner_text()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".teach-why h2")).not_to_have_text(before)
    expect(page.locator("[aria-current=true]")).to_have_count(1)
    # Within a class the arrows go from picture to picture, and Delete takes one out.
    pictures = page.get_by_role("list", name="Pictures of three").get_by_role("button")
    pictures.first.focus()
    page.keyboard.press("ArrowRight")
    expect(pictures.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(pictures.nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("Delete")
    expect(pictures).to_have_count(5)
    expect(page.locator(".teach-said")).to_have_text("Changed since it was taught.")
    page.keyboard.press("Control+z")
    expect(pictures).to_have_count(6)
    taught(page)


def test_the_last_modules_are_trained_too_and_the_link_says_so(page: Page) -> None:
    page.goto(PAGE)
    taught(page)
    bars = page.locator(".teach-heads dt")
    expect(bars).to_have_count(3)
    page.get_by_label("Train").select_option("the last module too")
    expect(page.locator(".teach-said")).to_have_text("Changed since it was taught.")
    page.get_by_role("button", name="Teach", exact=True).click()
    taught(page)
    expect(bars).to_have_count(4)
    expect(bars.first).to_have_text("SqueezeNet, last module too")
    expect(page.locator(".teach-heads")).to_contain_text("features.12 (197,184 parameters)")
    page.wait_for_url(re.compile("modules=1"))
    page.reload()
    taught(page)
    expect(bars).to_have_count(4)
    expect(page.get_by_label("Train")).to_have_value("1")


def test_files_are_made_small_taught_and_stand_in_no_link(page: Page) -> None:
    page.goto(PAGE)
    taught(page)
    page.get_by_role("button", name="Your own").click()
    expect(page.locator(".teach-said")).to_have_text("class 1 needs 5 pictures at least.")
    for name, colour in (("class 1", "teal"), ("class 2", "orange")):
        page.get_by_label(f"Add pictures to {name}").set_input_files(files(colour, 5))
        expect(page.get_by_role("list", name=f"Pictures of {name}").locator("li")).to_have_count(5)
    page.get_by_label("Name of class 1").fill("sea")
    with page.expect_request("**/api/teach") as asked:
        page.get_by_role("button", name="Teach").click()
    sent = asked.value.post_data_json
    assert sent["classes"][0]["name"] == "sea"
    for picture in sent["classes"][1]["pictures"]:
        head, _, data = picture.partition(",")
        assert head == "data:image/jpeg;base64"
        assert Image.open(io.BytesIO(base64.b64decode(data))).size == (224, 224)
    taught(page)
    expect(page.locator(".teach-heads dd b").first).to_have_text("10")
    expect(page).to_have_url(re.compile(f"{PAGE}$"))


def test_what_is_no_picture_is_told_by_its_name(page: Page) -> None:
    page.goto(PAGE)
    taught(page)
    broken: list[FilePayload] = [
        {"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture"}
    ]
    page.get_by_label("Add pictures to three").set_input_files(broken)
    expect(page.locator(".taught [role=alert]")).to_contain_text("notes.png")


def test_a_drawing_is_added_to_its_class(page: Page) -> None:
    page.goto(PAGE)
    taught(page)
    column = page.get_by_role("group", name="Class three")
    column.get_by_role("button", name="Draw").click()
    box = column.locator("canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 90, steps=5)
    page.mouse.up()
    column.get_by_role("button", name="Add the drawing").click()
    expect(column.locator(".taught-pictures li")).to_have_count(7)
    expect(column.get_by_role("button", name="Add the drawing")).to_be_disabled()


def test_the_camera_is_asked_for_at_a_click_only_and_let_go(page: Page) -> None:
    page.add_init_script(
        """window.asked = 0
        navigator.mediaDevices.getUserMedia = async () => {
            window.asked++
            const canvas = document.createElement('canvas')
            canvas.width = canvas.height = 64
            const paint = canvas.getContext('2d')
            setInterval(() => paint.fillRect(Math.random() * 64, Math.random() * 64, 9, 9), 40)
            window.stream = canvas.captureStream(25)
            return window.stream
        }"""
    )
    page.goto(PAGE)
    taught(page)
    assert page.evaluate("window.asked") == 0
    column = page.get_by_role("group", name="Class three")
    column.get_by_role("button", name="Camera").click()
    expect(column.get_by_role("button", name="Take, or hold")).to_be_enabled()
    page.wait_for_function("document.querySelector('video').videoWidth > 0")
    column.get_by_role("button", name="Take, or hold").press("Enter")
    expect(column.locator(".taught-pictures li")).to_have_count(7)
    column.get_by_role("button", name="Stop").click()
    expect(page.locator("video")).to_have_count(0)
    assert page.evaluate(
        "window.stream.getTracks().every(({ readyState }) => readyState == 'ended')"
    )
    assert page.evaluate("window.asked") == 1


@pytest.mark.parametrize(
    ("width", "height", "scheme"), [(1280, 800, "light"), (1280, 800, "dark"), (360, 740, "light")]
)
def test_the_page_is_readable(
    opened: Opened, readable: Callable[[Page], None], width: int, height: int, scheme: str
) -> None:
    page = opened(width, height, scheme)
    page.goto(PAGE)
    taught(page)
    readable(page)
