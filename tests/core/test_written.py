"""An answer as it goes over the wire."""

import gzip
import random

import pytest

from app.core.figure import JSON, MOST_TENSORS, Written

EVEN, NOISE = bytes(200_000), random.Random(0).randbytes(200_000)


@pytest.mark.parametrize(
    ("body", "kind", "private", "is_smaller"),
    [
        (EVEN, "tensors", False, True),
        (NOISE, "tensors", False, False),  # it would save nothing
        (EVEN, "tensors", True, False),  # it may be one of thirty a second
        (bytes(MOST_TENSORS + 1), "tensors", False, False),
        (EVEN, JSON, True, True),
        (EVEN[:100], JSON, False, False),
    ],
)
def test_tensors_are_compressed_where_it_saves_enough(
    body: bytes, kind: str, private: bool, is_smaller: bool
) -> None:
    written = Written(body, kind, private).compressed()
    assert (written.gzipped is not None) == is_smaller
    if written.gzipped:
        assert len(written.gzipped) < len(body)
        assert gzip.decompress(written.gzipped) == body
