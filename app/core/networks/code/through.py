"""What goes through a network: of layers called one on another, and of functions of torch."""

import ast
from typing import Any

from app.core.errors import Problem
from app.core.layers.layer import Layer, Shape
from app.core.layers.table import make
from app.core.networks.code import forward as maps_of
from app.core.networks.code.calls import Calls
from app.core.networks.code.forward import FUNCTIONS, LEFT, METHODS, SAME, Maps
from app.core.networks.code.layers import PARTS, Given
from app.core.networks.code.values import Lazy, Made, Routine, Stack, Unknown

JOINED = {ast.Add: ("Add", "add"), ast.Mult: ("Multiply", "multiply")}
SUMMED = {"add": ast.Add, "mul": ast.Mult, "multiply": ast.Mult}


class Through(Calls):
    """Puts layers into the network as `forward` calls them."""

    def __init__(self, source: str, input: Shape) -> None:
        super().__init__(source, input)
        self.paths: dict[int, str] = {}  # the dotted name of each part, by its id()
        self.within = [""]
        self.taken: set[int] = set()  # the layers of the network so far, by id()
        self.stands: dict[str, tuple[int, int]] = {}  # where each layer stands, by its name

    def through(
        self, of: Any, given: Given, named: dict[str, Any], node: ast.AST, name: str = ""
    ) -> Any:
        """What a layer, or several, give; `name` is what it is called here."""
        self.step(node)
        for value, at in given:
            if isinstance(value, Unknown):
                self.missing(value, at)
        if isinstance(of, Made) and isinstance(forward := of.kind.find("forward"), Routine):
            self.within.append(self.paths.get(id(of), self.within[-1]))
            try:
                return self.routine(forward, [of, *(v for v, _ in given)], named, node)
            finally:
                self.within.pop()
        if not given and len(named) == 1:
            given, named = [(next(iter(named.values())), node)], {}
        if len(given) != 1 or named or not isinstance(given[0][0], Maps):
            self.fail("a layer takes the maps of one other here", node)
        maps = given[0][0]
        if isinstance(of, Made) and " layer" in of.held:
            return self.through(of.held[" layer"], given, {}, node, name)
        if isinstance(of, Layer | Lazy):
            return self.one(of, maps, node, name)
        if isinstance(of, Made) and not self.calls_in_order(of.kind):
            self.fail(f"`{of.kind.name}` has no forward", node)
        if isinstance(of, Stack) and not of.called:
            self.fail("a ModuleList or ModuleDict is not called: its layers are, by forward", node)
        path = self.paths.get(id(of), self.within[-1])
        for word, held in of.held.items():
            if isinstance(held, PARTS):
                called = f"{path}.{word}" if path else word
                maps = self.through(held, [(maps, node)], {}, node, called)
        return maps

    def one(self, of: Layer | Lazy, maps: Maps, node: ast.AST, name: str) -> Maps:
        """What one layer gives."""
        layer = of
        if isinstance(of, Lazy):
            if maps.shape is None:
                self.fail("the size that this takes is not known: a layer before does not fit",
                          of.node)  # fmt: skip
            layer = self.finished(of, maps.shape)
        assert isinstance(layer, Layer)
        assert self.trace
        if layer.parameters and id(of) in self.taken:
            offset, length = self.places[id(of)]
            said = (
                "this layer is used twice, with the same weights, and each row here has its own: "
                "give the second use a layer of its own (its parameters then count twice)"
            )
            raise Problem(said, {"offset": offset, "length": length})
        self.taken.add(id(of))
        own = name if name and name not in self.trace.used else self.paths.get(id(of))
        found = self.trace.emit(self, layer, [maps], own or self.free(layer.type.lower()), node)
        self.stands[found.source] = self.places[id(of)]
        if getattr(layer, "inplace", False) is True:
            maps.source, maps.shape, maps.laid = found.source, found.shape, found.laid
            return maps  # the same numbers: what changes one of the names changes both
        return found

    def free(self, name: str) -> str:
        path = f"{self.within[-1]}.{name}" if self.within[-1] else name
        assert self.trace
        return self.trace.made(path)

    def put(
        self, row: str, arguments: dict[str, Any], maps: list[Maps], name: str, node: ast.AST
    ) -> Maps:
        """A layer that has no name of its own."""
        try:
            layer = make(row, arguments)
        except Problem as problem:
            if "offset" not in problem.where:
                problem.where |= self.where(node)
            raise
        assert self.trace is not None
        found = self.trace.emit(self, layer, maps, self.free(name), node)
        offset, length = self.where(node).values()
        self.stands[found.source] = (offset, length)
        return found

    def joined(self, parts: list[Any], rest: Given, named: dict[str, Any], node: ast.AST) -> Any:
        axis = rest[0][0] if rest else named.get("dim", named.get("axis", 0))
        if not parts or not all(isinstance(part, Maps) for part in parts):
            self.fail("only what layers give is joined here", node)
        if axis not in (1, -3) and not (axis == -1 and len(parts[0].shape or ()) == 1):
            self.fail("maps are joined along their channels here, dim=1", node)
        return parts[0] if len(parts) == 1 else self.put("Concat", {}, parts, "concat", node)

    def met(self, op: ast.operator, left: Any, right: Any, node: ast.AST) -> Any:
        """Sums and products of what layers give, entry by entry."""
        number = right if isinstance(left, Maps) else left
        if type(number) in (int, float):
            return self.scaled(op, left, right, node)
        row = JOINED.get(type(op))
        if row is None or not isinstance(left, Maps) or not isinstance(right, Maps):
            self.fail("of maps only sums of two and products of two are read here", node)
        assert self.trace
        for maps in (left, right):
            self.trace.settle(self, maps, self.free("flatten"), node)
        sides = [maps.shape for maps in (left, right)]
        if all(shape and len(shape) == 3 for shape in sides) and sides[0] != sides[1]:
            for k, (shape, other) in enumerate(zip(sides, reversed(sides), strict=True)):
                assert shape
                assert other
                if shape[1:] == (1, 1) and shape[0] == other[0]:
                    spread = self.put("Upsample", {"size": other[1:]}, [(left, right)[k]],
                                      "spread", node)  # fmt: skip
                    left, right = (spread, right) if k == 0 else (left, spread)
        return self.put(row[0], {}, [left, right], row[1], node)

    def scaled(self, op: ast.operator, left: Any, right: Any, node: ast.AST) -> Maps:
        """What a layer gave with a number: times, by, plus or minus it."""
        maps, number = (left, right) if isinstance(left, Maps) else (right, left)
        first = maps is left
        match op:
            case ast.Mult():
                factor, shift = number, 0
            case ast.Div() if first and number:
                factor, shift = 1 / number, 0
            case ast.Add():
                factor, shift = 1, number
            case ast.Sub():
                factor, shift = (1, -number) if first else (-1, number)
            case _:
                self.fail("of maps and a number sums and products are read here", node)
        arguments = {"factor": float(factor), "shift": float(shift)}
        return self.put("Scale", arguments, [maps], "scale", node)

    def of_maps(
        self, maps: Maps, name: str, given: Given, named: dict[str, Any], node: ast.AST
    ) -> Any:
        """A function of torch, or a method, of what a layer gave."""
        trace = self.trace
        assert trace is not None
        values = [value for value, _ in given]
        for value in (*values, *named.values()):
            if isinstance(value, Unknown):
                self.missing(value, node)
        if name == "clone":
            return Maps(maps.source, maps.shape, maps.laid)
        if name in SAME:
            return maps
        if name in ("size", "dim"):
            sizes = self.sizes(maps, node)
            if name == "dim":
                return len(sizes)
            if not values and not named:
                return sizes
            axis = values[0] if values else named.get("dim")
            if type(axis) is int and -len(sizes) <= axis < len(sizes):
                return sizes[axis]
        elif name in ("view", "reshape"):
            found = maps_of.laid_out(self, trace, maps, given, node, self.free("flatten"))
            return self.noted(found, node)
        elif name == "flatten":
            start = values[0] if values else named.get("start_dim", 0)
            end = values[1] if len(values) > 1 else named.get("end_dim", -1)
            if start == 1 and end in (-1, 3):
                return self.put("Flatten", {}, [Maps(maps.source, maps.shape)], "flatten", node)
            self.fail("flatten with start_dim=1 is read, which keeps pictures apart", node)
        elif name == "pad" and values and isinstance(values[0], list):
            around = [*values[0], 0, 0, 0, 0][:4] if len(values[0]) in (2, 4) else []
            mode = values[1] if len(values) > 1 else named.get("mode", "constant")
            value = values[2] if len(values) > 2 else named.get("value", 0)
            if around and mode == "constant" and not value:
                if not any(around):
                    return maps
                return self.put("ZeroPad2d", {"padding": tuple(around)}, [maps], "pad", node)
        elif name == "squeeze":
            laid = maps_of.squeezed(maps, values or [*named.values()] or None, self.flat)
            if laid is not None:
                again = (*laid,) or (1,)
                found = maps_of.settled(
                    self, trace, maps, again, node, self.free("flatten"), always=False
                )
                return self.noted(found, node)
        elif name == "mean":
            axes = values[0] if values else named.get("dim", named.get("axis"))
            keep = values[1] if len(values) > 1 else named.get("keepdim", named.get("keepdims"))
            if self.flat and axes in (2, -1, [2], [-1]):
                pooled = self.put("AdaptiveAvgPool1d", {"output_size": 1}, [maps], "mean", node)
                return pooled if keep else self.put("Flatten", {}, [pooled], "flatten", node)
            if maps_of.mean_over(maps, axes):
                pooled = self.put("AdaptiveAvgPool2d", {"output_size": 1}, [maps], "mean", node)
                return pooled if keep else self.put("Flatten", {}, [pooled], "flatten", node)
        elif name.rstrip("_") in SUMMED and values and isinstance(values[0], Maps):
            found = self.met(SUMMED[name.rstrip("_")](), maps, values[0], node)
            if name.endswith("_"):
                maps.source, maps.shape = found.source, found.shape
                return maps
            return found
        elif name == "expand_as" and values:
            return maps  # what multiplies or adds it spreads it
        elif name in FUNCTIONS or (name.rstrip("_") in METHODS and name.endswith("_")):
            row, words = FUNCTIONS[name.rstrip("_")]
            arguments = dict(zip(words.split(), values, strict=False)) | named
            arguments = {word: v for word, v in arguments.items() if word not in LEFT}
            arguments = {w: tuple(v) if isinstance(v, list) else v for w, v in arguments.items()}
            if len(values) > len(words.split()):
                self.fail(f"`{name}` takes fewer values", node)
            found = self.put(row, arguments, [maps], name.rstrip("_"), node)
            if name.endswith("_") or arguments.get("inplace") is True:
                maps.source, maps.shape = found.source, found.shape
                return maps
            return found
        self.fail(f"`{name[:40]}` of maps with these values is no layer that is known here", node)

    def noted(self, maps: Maps, node: ast.AST) -> Maps:
        """Say where a layer stands that `forward` made."""
        if maps.source not in self.stands and maps.source != "input":
            offset, length = self.where(node).values()
            self.stands[maps.source] = (offset, length)
        return maps
