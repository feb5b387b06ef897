"""A network that looks at a picture once more, by PyTorch's modules and hooks. For a worker."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.core.activations.answers import LookAnswer, activations, looked
from app.core.activations.questions import ActivationsQuestion
from app.core.networks.network import INPUT
from app.core.witnesses import LEAST, SINGLE, Witness, in_single, together, witness

if TYPE_CHECKING:
    from torch import Tensor

    from app.core.activations.capture import Capture
    from app.core.networks.hooked import Hooked

HOOKS, BACK = "hooks on PyTorch's modules", "PyTorch's backward()"


def look(question: ActivationsQuestion) -> list[Witness]:
    """Every number that goes forward and every one that comes back, what is told of them, and, if
    one is asked about, what one number is made of."""
    _, captured, _ = looked(question)
    answer, maps = activations(question)
    hooked, image, value = again(captured)
    return [
        *together(_passed(captured, hooked, image), "every activation"),
        *together(_returned(captured, hooked, image), "every gradient"),
        *together(_told(answer, hooked, image), "least, largest, mean and norm of every layer"),
        *together(_shown(captured, maps, hooked, image), "the maps that are shown"),
        *_scored(answer, captured, hooked, value),
        *_unit(answer, captured, hooked, image),
    ]


def again(captured: "Capture") -> "tuple[Hooked, Tensor, float]":
    """The same pass by modules and hooks: what they found, the picture with its gradient, and what
    was differentiated."""
    import torch

    from app.core.activations.capture import score_layer
    from app.core.networks.hooked import Hooked

    at = score_layer(captured.network)
    hooked = Hooked(captured.model, at)
    image = captured.image.detach().clone().requires_grad_()
    output = hooked(image)
    scores = output.mean(dim=(2, 3)) if output.dim() == 4 else output
    objective = scores[0, captured.target]
    if captured.of == "loss":
        objective = torch.nn.CrossEntropyLoss()(scores, torch.tensor([captured.target]))
    if objective.requires_grad:
        objective.backward()  # type: ignore[no-untyped-call]
    if at + 1 < len(captured.activations):  # what a last softmax makes of them
        whole = Hooked(captured.model)
        with torch.no_grad():
            whole(image)
        whole.gradients[: at + 1] = hooked.gradients
        hooked = whole
    return hooked, image, float(objective.detach())


def _passed(captured: "Capture", hooked: "Hooked", image: "Tensor") -> Iterator[Witness]:
    for i in range(len(hooked.steps)):
        yield in_single(HOOKS, "", captured.activations[i], hooked.output(i), captured.name(i))


def _returned(captured: "Capture", hooked: "Hooked", image: "Tensor") -> Iterator[Witness]:
    for i in range(-1, len(hooked.steps)):
        ours, theirs = captured.gradient(i), back_to(hooked, image, i)
        if ours is not None or theirs is not None:
            yield in_single(BACK, "", *either(ours, theirs), captured.name(i))


def back_to(hooked: "Hooked", image: "Tensor", i: int) -> "Tensor | None":
    """What came back to a layer's output, or at -1 to the picture."""
    found = hooked.gradients[i] if i >= 0 else image.grad
    return None if found is None else found[0]


def either(ours: "Tensor | None", theirs: "Tensor | None") -> "tuple[Tensor, Tensor]":
    """Both; where the one has nothing, zeros."""
    import torch

    there = ours if ours is not None else theirs
    assert there is not None
    nothing = torch.zeros_like(there)
    return (nothing if ours is None else ours), (nothing if theirs is None else theirs)


def _told(answer: LookAnswer, hooked: "Hooked", image: "Tensor") -> Iterator[Witness]:
    for i, row in enumerate(answer["layers"], start=-1):
        passed = image.detach() if i < 0 else hooked.output(i)
        back = back_to(hooked, image, i)
        for of, tensor in (("activation", passed), ("gradient", back)):
            ours: Any = row[of]  # type: ignore[literal-required]
            if ours is None or tensor is None:
                continue
            flat = tensor.double().flatten()
            name = row["name"]
            ends = [ours["min"], ours["max"]]
            yield in_single(HOOKS, "", ends, [float(flat.min()), float(flat.max())], name)
            yield in_single(HOOKS, "", ours["norm"], float(flat.norm()), name)
            size = float(flat.abs().mean())  # beside which a mean may be small
            yield witness(HOOKS, "", ours["mean"], float(flat.mean()), SINGLE, name, size + LEAST)


def _shown(
    captured: "Capture", maps: dict[str, Any], hooked: "Hooked", image: "Tensor"
) -> Iterator[Witness]:
    """Maps at their own size; those in bytes or averaged down are other numbers."""
    for name, ours in maps.items():
        layer, _, part = name.partition(":")
        i = -1 if layer == INPUT else captured.network.position(layer)
        passed = image.detach()[0] if i < 0 else hooked.output(i)[0]
        back = back_to(hooked, image, i)
        if part == "activation":
            theirs = passed
        elif part in ("gradient", "product") and back is not None:
            theirs = back if part == "gradient" else passed * back
        else:
            continue
        if ours.dtype == "float32" and ours.shape == tuple(theirs.shape):
            yield in_single(HOOKS, "", ours, theirs, layer)


def _scored(
    answer: LookAnswer, captured: "Capture", hooked: "Hooked", value: float
) -> list[Witness]:
    from app.core.activations.capture import score_layer

    at = score_layer(captured.network)
    found = hooked.output(at)
    scores = found.mean(dim=(2, 3))[0] if found.dim() == 4 else found[0]
    named = [row["index"] for row in answer["classes"]]
    rows = [in_single(HOOKS, "the scores of the classes named",
                      [row["score"] for row in answer["classes"]], scores[named])]  # fmt: skip
    if captured.probabilities is not None:
        shares = scores.double().softmax(dim=0)[named]
        ours = [row["probability"] for row in answer["classes"]]
        rows.append(in_single(HOOKS, "their probabilities", ours, shares))
    of = "the score" if captured.of == "score" else "the loss"
    return [*rows, in_single(HOOKS, of, answer["target"]["value"], value)]


def _unit(
    answer: LookAnswer, captured: "Capture", hooked: "Hooked", image: "Tensor"
) -> list[Witness]:
    """One number, the steps to it and on, and what comes back to it by its parts."""
    unit = answer["unit"]
    if unit is None:
        return []
    place = (unit["channel"], unit["row"], unit["column"])

    def at(tensor: "Tensor | None") -> float:
        if tensor is None:
            return 0.0
        return float(tensor[place] if tensor.dim() == 3 else tensor[place[0]])

    ours, theirs, back, came = [], [], [], []
    named = [(unit["layer"], unit["value"], unit["gradient"])]
    named += [(step["layer"], step["value"], step["gradient"]) for step in unit["chain"]]
    for name, value, gradient in named:
        i = -1 if name == INPUT else captured.network.position(name)
        ours.append(value)
        theirs.append(at(image.detach()[0] if i < 0 else hooked.output(i)[0]))
        back.append(gradient or 0.0)
        came.append(at(back_to(hooked, image, i)))
    parts = sum(part["sum"] or 0.0 for part in unit["backward"]["parts"])
    return [
        in_single(HOOKS, "this number and the steps to it", ours, theirs),
        in_single(BACK, "what comes back to them", back, came),
        in_single(BACK, "the sum of what comes back", parts, came[0]),
    ]
