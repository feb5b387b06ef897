"""Weights that a visitor sends: a safetensors file, whose header is read before any of its tensors.

A file begins with the length of its header in eight bytes and the header itself, JSON: by name the
type, shape and place of each tensor (github.com/huggingface/safetensors). Importing torch is left
to `tensors`.
"""

import base64
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from app.core.errors import Problem

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")
Shapes = dict[str, tuple[int, ...]]

WHERE = {"field": "weights"}
METADATA = "__metadata__"
WRAPPERS = ("state_dict", "model_state_dict", "module", "_orig_mod", "model", "net", "network")
LENGTH = 8  # bytes
MOST_AXES = 8  # of a tensor
# Of a header: a tensor's name, type, shape and place; what else is said of the whole.
MOST_A_TENSOR, MOST_REMARKS = 600, 100_000


def from_text(text: str) -> bytes:
    """The file in base64. Raises Problem."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise Problem("the weights are not valid base64", WHERE) from None


def shapes(data: bytes, most: int) -> Shapes:
    """The shapes of the tensors in a file, by their names, for a network that has at most so many.

    Raises Problem for what is no such file, and for a header that says more than that can take.
    """
    length = int.from_bytes(data[:LENGTH], "little")
    if length > len(data) - LENGTH:
        raise _damaged()
    if length > MOST_A_TENSOR * most + MOST_REMARKS:
        raise Problem(
            f"the file's header names more tensors than the {most:,} that the network has, or says "
            f"much else: it has {length:,} bytes",
            WHERE,
        )
    try:
        header = orjson.loads(data[LENGTH : LENGTH + length])
    except ValueError:
        raise _damaged() from None
    if not isinstance(header, dict):
        raise _damaged()
    header.pop(METADATA, None)
    return {name: _shape(entry) for name, entry in header.items()}


def wrapping(names: Collection[str], expected: Collection[str]) -> str:
    """What stands before every name in a file and in no network's: `module.` of DataParallel,
    `state_dict.` of a checkpoint. Empty where the names are as they are expected."""
    prefix = ""
    while names and not any(name.removeprefix(prefix) in expected for name in names):
        first = next(iter(names)).removeprefix(prefix).partition(".")[0]
        if first not in WRAPPERS or not all(name.startswith(f"{prefix}{first}.") for name in names):
            return ""
        prefix += f"{first}."
    return prefix


def unwrapped(found: Mapping[str, T], prefix: str) -> dict[str, T]:
    """The same by the names without what stands before each."""
    return {name.removeprefix(prefix): value for name, value in found.items()}


def _shape(entry: Any) -> tuple[int, ...]:
    shape = entry.get("shape") if isinstance(entry, dict) else None
    if not isinstance(shape, list) or not all(type(n) is int for n in shape[:MOST_AXES]):
        raise _damaged()
    if len(shape) > MOST_AXES:
        raise _damaged()
    return tuple(shape)


def _damaged() -> Problem:
    return Problem("the weights are no safetensors file", WHERE)


def tensors(data: bytes) -> "dict[str, Tensor]":
    """What is in a file, by its names, in float32. Raises Problem. Imports torch."""
    from safetensors import SafetensorError
    from safetensors.torch import load  # numpy has no bfloat16

    try:
        found = load(data)
    except (SafetensorError, ValueError, TypeError, KeyError, OverflowError, RuntimeError):
        raise _damaged() from None
    if strange := next((name for name, tensor in found.items() if tensor.is_complex()), None):
        raise Problem(f"the weights `{strange}` are complex numbers", WHERE)
    kept = {name: tensor.float() for name, tensor in found.items()}
    if not all(tensor.isfinite().all() for tensor in kept.values()):
        raise Problem("some of these weights are no finite numbers", WHERE)
    return kept
