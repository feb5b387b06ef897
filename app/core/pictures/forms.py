"""The file in a form that a browser or `curl -F` sends: multipart/form-data, RFC 7578."""

import re

from app.core.errors import Problem
from app.core.pictures.files import WHERE

BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))', re.ASCII | re.IGNORECASE)
NAMED = re.compile(rb"content-disposition:[^\r\n]*;\s*filename=", re.IGNORECASE)
MOST_PARTS, MOST_HEAD = 20, 2_000  # fields of a form, and bytes of what is said of one


def file_of(body: bytes, content_type: str) -> bytes:
    """The one file in a form. Raises Problem where there is none, or more than one."""
    found = BOUNDARY.search(content_type)
    if not found:
        raise Problem("the form's Content-Type names no boundary between its fields", WHERE)
    # What a boundary begins with stands before the first field only without a line before it.
    mark = b"\r\n--" + (found[1] or found[2]).encode()
    parts = (b"\r\n" + body).split(mark, MOST_PARTS + 1)
    if len(parts) > MOST_PARTS + 1:
        raise Problem(f"the form has more than {MOST_PARTS} fields", WHERE)
    files = []
    for part in parts[1:]:
        head, gap, content = part.partition(b"\r\n\r\n")
        if gap and len(head) <= MOST_HEAD and NAMED.search(head):
            files.append(content)
    if not files:
        raise Problem("the form has no file in it; curl -F file=@picture.png sends one", WHERE)
    if len(files) > 1:
        raise Problem(
            f"the form has {len(files)} files in it; one picture is read at a time", WHERE
        )
    return files[0]
