"""A network as PyTorch code that runs: nn.Sequential for a stack, a small class for branches."""

import ast
import keyword
from collections.abc import Container, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import normalize

from app.core.layers.table import Layer
from app.core.networks.network import Network, analyse

INDENT = "    "
OWN = ["import torch", "from torch import Tensor, nn", "", ""]
MOST_NAMED = 3  # of the layers that do not fit
# Attributes of nn.Module and nn.Sequential: a layer called so gets a `_`.
TAKEN = frozenset(
    "T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda "
    "double dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter "
    "get_submodule half ipu load_state_dict modules mtia named_buffers named_children "
    "named_modules named_parameters parameters register_backward_hook register_buffer "
    "register_forward_hook register_forward_pre_hook register_full_backward_hook "
    "register_full_backward_pre_hook register_load_state_dict_post_hook "
    "register_load_state_dict_pre_hook register_module register_parameter "
    "register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state "
    "set_submodule share_memory state_dict to to_empty train training type xpu zero_grad "
    "append extend insert pop".split()
)
WORDS = ("self", "torch", "nn", "x", "image")  # of the code of a class


def pytorch(network: Network) -> str:
    """Code that makes `model`, with as many parameters. Raises Problem if a layer does not fit."""
    sources = analyse(network).check().sources
    return _said(network) + (_stack(network, sources) or "\n".join(_module(network, sources)))


def code(network: Network) -> str | None:
    """Code that says what the layers say, even where they do not fit; None if one has no input."""
    analysis = analyse(network)
    if not all(analysis.sources):
        return None
    if stack := _stack(network, analysis.sources):
        return _said(network) + stack
    wrong = [f"# does not fit yet: {network.layers[i].name}" for i in analysis.problems]
    return _said(network) + "\n".join([*wrong[:MOST_NAMED], *_module(network, analysis.sources)])


def _said(network: Network) -> str:
    """What has to be known of what comes in, as a comment."""
    lines = network.input[1:2] == (1,) and any(node.layer.line for node in network.layers)
    return "# takes lines: (batch, channels, length)\n" if lines else ""


def _stack(network: Network, sources: list[tuple[int, ...]]) -> str | None:
    tree = _tree(network)
    if any(node.layer.applied_code(["x"]) is not None for node in network.layers):
        return None
    if tree is None or any(taken != (i - 1,) for i, taken in enumerate(sources)):
        return None
    own = _defined(network)
    lines = ["from torch import nn", "", f"model = {_sequential(tree)}", ""]
    if own:
        lines = [*OWN, *own, *lines[2:]]
    ordered = any("OrderedDict" in line for line in lines)
    return "\n".join(["from collections import OrderedDict", ""] * ordered + lines)


def layer_code(layer: Layer) -> str:
    """A layer as torch writes it: required arguments by position, others where not the default."""
    written: list[str] = []
    by_position = True  # until one is left out or named
    for name, value in layer.arguments.items():
        field = type(layer).model_fields[name]
        by_position = by_position and field.is_required()
        if by_position:
            written.append(repr(value))
        elif field.is_required() or value != field.default:
            written.append(f"{name}={value!r}")
    return f"{'nn.' * layer.torchs}{layer.type}({', '.join(written)})"


@cache
def definitions() -> dict[str, str]:
    """The classes of layers that torch.nn has not, as text: torch is not imported for that."""
    text = (Path(__file__).parents[1] / "layers/modules.py").read_text()
    found = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    return {node.name: ast.get_source_segment(text, node) or "" for node in found}


def _defined(network: Network) -> list[str]:
    """The lines that define what the network has and torch.nn has not."""
    types = dict.fromkeys(node.layer.type for node in network.layers)
    lines: list[str] = []
    for type in types:
        if type in definitions():
            lines += [definitions()[type], "", ""]
    return lines


# A stack


def _tree(network: Network) -> dict[str, Any] | None:
    """The layers nested by the dots in their names; None if their order does not allow it."""
    root: dict[str, Any] = {}
    for node in network.layers:
        *groups, leaf = node.name.split(".")
        tree = root
        for group in groups:
            held = tree.setdefault(group, {})
            if isinstance(held, Layer) or next(reversed(tree)) != group:
                return None
            tree = held
        if leaf in tree:
            return None
        tree[leaf] = node.layer
    return root


def _sequential(tree: dict[str, Any], indent: str = "") -> str:
    inner = indent + INDENT
    items = [
        layer_code(held) if isinstance(held, Layer) else _sequential(held, inner)
        for held in tree.values()
    ]
    names: dict[str, None] = {}
    for name in tree:
        names[_free(name, names)] = None
    if list(names) == [str(i) for i in range(len(tree))]:
        lines = "".join(f"{inner}{item},\n" for item in items)
        return f"nn.Sequential(\n{lines}{indent})"
    named = zip(names, items, strict=True)
    lines = "".join(f'{inner}("{name}", {item}),\n' for name, item in named)
    return f"nn.Sequential(OrderedDict([\n{lines}{indent}]))"


# Branches


def _module(network: Network, sources: list[tuple[int, ...]]) -> Iterator[str]:
    """A class whose forward names what is used more than once, and calls all else x."""
    names = _identifiers(network)
    users: dict[int, list[int]] = {}
    for i, taken in enumerate(sources):
        for source in taken:
            users.setdefault(source, []).append(i)

    def held(i: int) -> str:
        if all(user == i + 1 for user in users.get(i, ())):
            return "x"
        return names[i] if i >= 0 else "image"

    by_name = [node.layer.applied_code(["x"]) for node in network.layers]
    own = _defined(network)
    if own:
        yield from OWN
    else:
        if any(written and "torch." in written for written in by_name):
            yield "import torch"
        yield from ["from torch import nn", "", ""]
    yield from [*own, "class Network(nn.Module):"]
    yield from [f"{INDENT}def __init__(self):", f"{INDENT * 2}super().__init__()"]
    for name, node in zip(names, network.layers, strict=True):
        if node.layer.applied_code(["x"]) is None:
            yield f"{INDENT * 2}self.{name} = {layer_code(node.layer)}"
    yield from ["", f"{INDENT}def forward(self, {held(-1)}):"]
    for i, node in enumerate(network.layers):
        given = [held(source) for source in sources[i]]
        value = node.layer.applied_code(given) or f"self.{names[i]}({', '.join(given)})"
        yield f"{INDENT * 2}{held(i)} = {value}"
    yield from [f"{INDENT * 2}return {held(len(names) - 1)}", "", "", "model = Network()", ""]


def _identifiers(network: Network) -> list[str]:
    """A Python name for each layer, near to its own."""
    found: dict[str, None] = dict.fromkeys(WORDS)
    for node in network.layers:
        name = normalize("NFKC", node.name)  # as Python does, which else takes two for one
        name = "".join(sign if f"a{sign}".isidentifier() else "_" for sign in name)
        if not name.isidentifier():
            name = f"{node.layer.type.lower()}_{name}"
        if keyword.iskeyword(name):
            name = f"{name}_"
        found[_free(name, found)] = None
    return list(found)[len(WORDS) :]


def _free(name: str, found: Container[str]) -> str:
    """The name, made longer until neither torch nor a layer before has it."""
    while name in found or name in TAKEN or name.startswith("_"):
        name = f"layer{name}" if name.startswith("_") else f"{name}_"
    return name
