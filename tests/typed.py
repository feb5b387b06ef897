"""Whether an answer is what its type tells: all of it, and nothing besides."""

from functools import cache
from typing import Any

import orjson
from pydantic import TypeAdapter

adapter = cache(TypeAdapter)


def check_typed(model: Any, answer: Any) -> None:
    """Asserts it, of what goes over the wire: nothing changes on the way through the type."""
    wire = orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
    told = adapter(model).dump_python(
        adapter(model).validate_json(wire, strict=True), mode="json", warnings="error"
    )
    assert told == orjson.loads(wire)
