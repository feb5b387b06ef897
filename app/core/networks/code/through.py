"""What goes through a network: of layers called one on another, and of functions of torch."""

import ast
from typing import Any

from app.core.errors import Problem
from app.core.layers.layer import Layer
from app.core.layers.table import make
from app.core.networks.code import forward as maps_of
from app.core.networks.code.calls import Calls, Given
from app.core.networks.code.forward import FUNCTIONS, LEFT, METHODS, SAME, Maps
from app.core.networks.code.stacks import Stack
from app.core.networks.code.values import Made, Routine, Unknown


class Classes(Calls):
    """All that is read of code with classes and functions."""

    # What goes through

    def through(self, of: Any, given: Given, named: dict[str, Any], node: ast.AST) -> Any:
        """What a layer, or several, give."""
        self.step(node)
        if len(given) == 1 and isinstance(given[0][0], Unknown):
            self.fail(given[0][0].why, given[0][1])
        if isinstance(of, Made) and isinstance(forward := of.kind.find("forward"), Routine):
            self.within.append(self.paths.get(id(of), self.within[-1]))
            try:
                return self.routine(forward, [of, *(v for v, _ in given)], named, node)
            finally:
                self.within.pop()
        if len(given) != 1 or named or not isinstance(given[0][0], Maps):
            self.fail("a layer takes the maps of one other here", node)
        maps = given[0][0]
        if isinstance(of, Layer):
            self.once(of, node)
            path = self.paths.get(id(of)) or self.free(of.type.lower())
            found = self.trace.emit(self, of, [maps], path, node)  # type: ignore[union-attr]
            self.found[found.source] = self.places[id(of)]
            return found
        if isinstance(of, Made) and not self.stacks(of.kind):
            self.fail(f"`{of.kind.name}` has no forward", node)
        for held in of.held.values():
            if not isinstance(held, Layer | Stack | Made):
                self.fail("a Sequential holds layers only", node)
            maps = self.through(held, [(maps, node)], {}, node)
        return maps

    def once(self, layer: Layer, node: ast.AST) -> None:
        if layer.parameters and id(layer) in self.taken:
            self.fail("this layer is used twice and would share its weights", node)
        self.taken.add(id(layer))

    def free(self, name: str) -> str:
        path = f"{self.within[-1]}.{name}" if self.within[-1] else name
        return self.trace.made(path)  # type: ignore[union-attr]

    def put(
        self, row: str, arguments: dict[str, Any], maps: list[Maps], name: str, node: ast.AST
    ) -> Maps:
        """A layer that has no name of its own."""
        layer = make(row, arguments)
        assert self.trace is not None
        found = self.trace.emit(self, layer, maps, self.free(name), node)
        offset, length = self.where(node).values()
        self.found[found.source] = (offset, length)
        return found

    def joined(self, parts: list[Any], rest: Given, named: dict[str, Any], node: ast.Call) -> Any:
        axis = rest[0][0] if rest else named.get("dim", named.get("axis", 0))
        if not parts or not all(isinstance(part, Maps) for part in parts):
            self.fail("only what layers give is joined here", node)
        if axis not in (1, -3) and not (axis == -1 and len(parts[0].shape or ()) == 1):
            self.fail("maps are joined along their channels here, dim=1", node)
        return parts[0] if len(parts) == 1 else self.put("Concat", {}, parts, "concat", node)

    def of_maps(
        self, maps: Maps, name: str, given: Given, named: dict[str, Any], node: ast.Call
    ) -> Any:
        """A function of torch, or a method, of what a layer gave."""
        trace = self.trace
        assert trace is not None
        values = [value for value, _ in given]
        if name in SAME:
            return maps
        if name == "size":
            sizes = self.sizes(maps, node)
            if not values:
                return sizes
            if type(values[0]) is int and -len(sizes) <= values[0] < len(sizes):
                return sizes[values[0]]
        elif name in ("view", "reshape"):
            found = maps_of.laid_out(self, trace, maps, given, node, self.free("flatten"))
            return self.noted(found, node)
        elif name == "flatten":
            start = values[0] if values else named.get("start_dim", 0)
            end = values[1] if len(values) > 1 else named.get("end_dim", -1)
            if start == 1 and end in (-1, 3):
                return self.put("Flatten", {}, [Maps(maps.source, maps.shape)], "flatten", node)
            self.fail("flatten with start_dim=1 is read, which keeps pictures apart", node)
        elif name == "squeeze":
            laid = maps_of.squeezed(maps, values or None)
            if laid is not None:
                again = (*laid,) or (1,)
                found = maps_of.settled(
                    self, trace, maps, again, node, self.free("flatten"), always=False
                )
                return self.noted(found, node)
        elif name == "mean":
            axes = values[0] if values else named.get("dim", named.get("axis"))
            keep = values[1] if len(values) > 1 else named.get("keepdim", named.get("keepdims"))
            if maps_of.mean_over(maps, axes):
                pooled = self.put("AdaptiveAvgPool2d", {"output_size": 1}, [maps], "mean", node)
                return pooled if keep else self.put("Flatten", {}, [pooled], "flatten", node)
        elif name == "add" and values and isinstance(values[0], Maps):
            return self.put("Add", {}, [maps, values[0]], "add", node)
        elif name in FUNCTIONS or (name.rstrip("_") in METHODS and name.endswith("_")):
            row, words = FUNCTIONS[name.rstrip("_")]
            arguments = dict(zip(words.split(), values, strict=False)) | named
            arguments = {word: v for word, v in arguments.items() if word not in LEFT}
            arguments = {w: tuple(v) if isinstance(v, list) else v for w, v in arguments.items()}
            if len(values) > len(words.split()):
                self.fail(f"`{name}` takes fewer values", node)
            found = self.functional(row, arguments, maps, name.rstrip("_"), node)
            if name.endswith("_") or arguments.get("inplace") is True:
                maps.source, maps.shape = found.source, found.shape
            return found
        self.fail(f"`{name[:40]}` of maps with these values is no layer that is known here", node)

    def functional(
        self, row: str, arguments: dict[str, Any], maps: Maps, name: str, node: ast.Call
    ) -> Maps:
        try:
            return self.put(row, arguments, [maps], name, node)
        except Problem as problem:
            if "offset" not in problem.where:
                problem.where |= self.where(node)
            raise

    def noted(self, maps: Maps, node: ast.AST) -> Maps:
        """Say where a layer stands that `forward` made."""
        if maps.source not in self.found and maps.source != "input":
            offset, length = self.where(node).values()
            self.found[maps.source] = (offset, length)
        return maps
