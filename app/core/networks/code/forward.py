"""What a `forward` does with its maps: each call puts a layer into the network, none is run."""

from dataclasses import dataclass
from math import prod
from typing import Any, NoReturn, Protocol

from app.core.layers.bounds import Misfit
from app.core.layers.table import LAYERS, Layer, Shape, make
from app.core.networks.network import INPUT, MAX_LAYERS

# torch.nn.functional: the row that does the same, and the arguments that follow the maps.
FUNCTIONS = {
    "relu": ("ReLU", "inplace"),
    "relu6": ("ReLU6", "inplace"),
    "leaky_relu": ("LeakyReLU", "negative_slope inplace"),
    "elu": ("ELU", "alpha inplace"),
    "gelu": ("GELU", "approximate"),
    "silu": ("SiLU", "inplace"),
    "softplus": ("Softplus", "beta threshold"),
    "hardswish": ("Hardswish", "inplace"),
    "hardsigmoid": ("Hardsigmoid", "inplace"),
    "mish": ("Mish", "inplace"),
    "selu": ("SELU", "inplace"),
    "sigmoid": ("Sigmoid", ""),
    "tanh": ("Tanh", ""),
    "softmax": ("Softmax", "dim _stacklevel dtype"),
    "log_softmax": ("LogSoftmax", "dim _stacklevel dtype"),
    "max_pool2d": (
        "MaxPool2d", "kernel_size stride padding dilation ceil_mode return_indices"),
    "avg_pool2d": (
        "AvgPool2d", "kernel_size stride padding ceil_mode count_include_pad divisor_override"),
    "adaptive_avg_pool2d": ("AdaptiveAvgPool2d", "output_size"),
    "adaptive_max_pool2d": ("AdaptiveMaxPool2d", "output_size return_indices"),
    "max_pool1d": (
        "MaxPool1d", "kernel_size stride padding dilation ceil_mode return_indices"),
    "avg_pool1d": ("AvgPool1d", "kernel_size stride padding ceil_mode count_include_pad"),
    "adaptive_avg_pool1d": ("AdaptiveAvgPool1d", "output_size"),
    "adaptive_max_pool1d": ("AdaptiveMaxPool1d", "output_size return_indices"),
    "dropout1d": ("Dropout", "p training inplace"),
    "dropout": ("Dropout", "p training inplace"),
    "dropout2d": ("Dropout2d", "p training inplace"),
    "alpha_dropout": ("AlphaDropout", "p training inplace"),
    "pixel_shuffle": ("PixelShuffle", "upscale_factor"),
    "local_response_norm": ("LocalResponseNorm", "size alpha beta k"),
    "interpolate": (
        "Upsample", "size scale_factor mode align_corners recompute_scale_factor antialias"),
    "upsample": ("Upsample", "size scale_factor mode align_corners"),
}  # fmt: skip
LEFT = ("training", "dtype", "_stacklevel", "antialias")  # they change no size
METHODS = ("relu", "sigmoid", "tanh", "softmax", "log_softmax")  # of maps themselves
SAME = ("contiguous", "float", "to", "cuda", "cpu", "requires_grad_", "detach", "half",
        "double", "type", "type_as", "requires_grad", "identity")  # fmt: skip
JOINS = ("cat", "concat", "concatenate")


@dataclass(eq=False)
class Maps:
    """What a layer gives: its name, and its size, None where that cannot be known.

    `laid` is the size in which its numbers are laid out since, where that is another.
    """

    source: str
    shape: Shape | None
    laid: Shape | None = None


class Batch:
    """How many pictures go through at once: no number."""


BATCH = Batch()
Given = list[tuple[Any, Any]]


class Place(Protocol):
    """Who says where a mistake is."""

    def fail(self, message: str, node: Any, suggestion: str | None = None) -> NoReturn: ...

    def noted(self, maps: "Maps", node: Any) -> "Maps": ...


class Trace:
    """The nodes of a network as they come about."""

    def __init__(self, input: Shape, owned: set[str]) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.start = Maps(INPUT, input)
        self.names = {INPUT, *owned}  # names that layers have of their own are kept for them
        self.shapes: dict[str, Shape | None] = {INPUT: input}
        self.used: set[str] = set()
        self.counts: dict[str, int] = {}

    def emit(self, place: Place, layer: Layer, given: list[Maps], name: str, node: Any) -> Maps:
        """Put a layer behind others; `name` is its own, or one to be made free."""
        if len(self.nodes) >= MAX_LAYERS:
            place.fail(f"a network may have {MAX_LAYERS:,} layers; this has more", node)
        given = [self.settle(place, maps, name, node) for maps in given]
        if name in self.used or name in (INPUT,):
            name = self.free(name)
        self.used.add(name)
        self.names.add(name)
        shapes = [maps.shape for maps in given]
        output: Shape | None = None
        if None not in shapes:
            try:
                output = layer.output(*shapes)  # type: ignore[arg-type]
            except Misfit as misfit:
                output = misfit.output
        inputs = tuple(maps.source for maps in given)
        before = self.nodes[-1]["name"] if self.nodes else INPUT
        if inputs == (before,):
            inputs = ()
        self.nodes.append({"name": name, "layer": layer, "inputs": inputs, "taken": [
            maps.source for maps in given]})  # fmt: skip
        return Maps(name, output)

    def settle(self, place: Place, maps: Maps, name: str, node: Any) -> Maps:
        """What was laid out anew, as it is taken by a layer."""
        laid = maps.laid
        if laid is None:
            return maps
        if len(laid) != 3:
            said = " × ".join(map(str, laid))
            place.fail(f"numbers laid out anew as {said} are not read here", node)
        group = f"{name.rpartition('.')[0]}.".lstrip(".")
        plain = Maps(maps.source, maps.shape)
        for row, arguments in (
            ("Flatten", {}),
            ("Unflatten", {"dim": 1, "unflattened_size": laid}),
        ):
            if row == "Unflatten" or len(maps.shape or ()) != 1:
                called = self.made(f"{group}{row.lower()}")
                plain = self.emit(place, make(row, arguments), [plain], called, node)
                place.noted(plain, node)
        maps.source, maps.shape, maps.laid = plain.source, plain.shape, None
        return maps

    def free(self, name: str) -> str:
        """A name that no layer has: relu, relu_2, relu_3, ..."""
        taken = name
        while taken in self.names:
            self.counts[name] = self.counts.get(name, 1) + 1
            taken = f"{name}_{self.counts[name]}"
        return taken

    def made(self, name: str) -> str:
        """A free name for what has none of its own."""
        return name if name not in self.names else self.free(name)

    def reaching(self, output: str) -> tuple[list[dict[str, Any]], list[str]]:
        """The nodes that what comes out is made of, and the names of the others."""
        wanted, kept = {output}, []
        for node in reversed(self.nodes):
            if node["name"] in wanted:
                wanted |= set(node["taken"])
                kept.append(node)
        kept.reverse()
        before = INPUT
        nodes = []
        for node in kept:
            taken = tuple(node["taken"])
            inputs = () if taken == (before,) else taken
            nodes.append({"name": node["name"], "layer": node["layer"], "inputs": inputs})
            before = node["name"]
        return nodes, [node["name"] for node in self.nodes if node["name"] not in wanted]


def laid_out(place: Place, trace: Trace, maps: Maps, sizes: Given, node: Any, path: str) -> Maps:
    """`x.view(...)` and `x.reshape(...)`: as a vector, as it was, or laid out for what follows."""
    if len(sizes) == 1 and isinstance(sizes[0][0], list):
        sizes = [(size, node) for size in sizes[0][0]]
    first, *rest = [size for size, _ in sizes] or [None]
    if not (first is BATCH or first == -1) or not all(type(size) is int for size in rest):
        place.fail("of `view` the first size is -1 or x.size(0), the others whole numbers", node)
    shape = maps.laid or maps.shape
    total = prod(shape) if shape else None
    if -1 in rest and first == -1:
        place.fail("only one size of `view` may be -1", node)
    if total is None:
        if len(rest) != 1:
            place.fail("the size before this is not known: a layer above does not fit", node)
        return trace.emit(place, LAYERS["Flatten"](type="Flatten"), [maps], trace.made(path), node)
    known = prod(size for size in rest if size != -1)
    if known < 1 or total % known or (-1 not in rest and known != total):
        place.fail(
            f"each picture has {total:,} numbers here, not {known:,}: write {total} instead, and "
            "the layer after it takes as many",
            sizes[-1][1], str(total),
        )  # fmt: skip
    return settled(
        place,
        trace,
        maps,
        tuple(total // known if size == -1 else size for size in rest),
        node,
        path,
    )


def settled(
    place: Place, trace: Trace, maps: Maps, laid: Shape, node: Any, path: str, always: bool = True
) -> Maps:
    """The numbers in another order of sizes; a vector is Flatten."""
    if len(laid) == 1 and (always or maps.shape != laid):
        plain = Maps(maps.source, maps.shape)
        return trace.emit(place, LAYERS["Flatten"](type="Flatten"), [plain], trace.made(path), node)
    return Maps(maps.source, maps.shape, None if laid == maps.shape else laid)


def squeezed(maps: Maps, axes: list[int] | None, flat: bool = False) -> Shape | None:
    """The sizes without those of 1, or without some of them; None where they are not known. Lines
    have no height that could be taken away."""
    shape = maps.laid or maps.shape
    if shape is None:
        return None
    if flat and len(shape) == 3 and shape[1] == 1:
        found = squeezed(Maps(maps.source, (shape[0], shape[2])), axes)
        return (found[0], 1, found[1]) if found and len(found) == 2 else found
    rank = len(shape) + 1
    gone = range(1, rank) if axes is None else [axis % rank for axis in axes]
    return tuple(n for axis, n in enumerate(shape, 1) if axis not in gone or n != 1)


def mean_over(maps: Maps, axes: Any) -> bool:
    """Whether these axes are the height and the width of maps."""
    given = axes if isinstance(axes, list) else [axes]
    return sorted(axis % 4 for axis in given if type(axis) is int) == [2, 3] and (
        maps.shape is None or len(maps.shape) == 3
    )
