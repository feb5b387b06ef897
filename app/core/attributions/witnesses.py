"""Why a class wins and what a channel looks for, once more by PyTorch's modules and hooks. For a
worker."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.core.attributions.answers import (
    asked_class,
    attributions,
    occlusion,
    optimised_input,
    top_patches,
)
from app.core.attributions.methods import (
    ATTRIBUTIONS,
    GRAY,
    NOISE,
    NOISY_COPIES,
    Sought,
    attribution,
    cells,
)
from app.core.attributions.questions import (
    AttributionQuestion,
    OcclusionQuestion,
    OptimisedInputQuestion,
    TopPatchesQuestion,
)
from app.core.witnesses import Witness, in_single, witness

if TYPE_CHECKING:
    from torch import Tensor

    from app.core.networks.hooked import Hooked

BACK, HOOKS = "PyTorch's backward()", "hooks on PyTorch's modules"
PICTURES = "the whole picture through PyTorch's modules"
PROBABILITY = 1e-5  # what single precision may lose of one
FEW = 16  # covered pictures that are looked at


@dataclass(frozen=True)
class Again:
    """A network up to its scores by modules, and what was asked of it."""

    hooked: "Hooked"
    sought: Sought

    def aimed(self, image: "Tensor") -> "Tensor":
        """The score or the loss for one picture."""
        import torch

        scores = as_scores(self.hooked(image))
        if self.sought.of == "score":
            return scores[0, self.sought.target]
        found: Tensor = torch.nn.CrossEntropyLoss()(scores, torch.tensor([self.sought.target]))
        return found

    def back(self, image: "Tensor") -> "Tensor":
        """The gradient by a picture's numbers."""
        import torch

        leaf = image.detach().clone().requires_grad_()
        aimed = self.aimed(leaf)
        if aimed.requires_grad:
            aimed.backward()  # type: ignore[no-untyped-call]
        return torch.zeros_like(image) if leaf.grad is None else leaf.grad


def as_scores(output: "Tensor") -> "Tensor":
    return output.mean(dim=(2, 3)) if output.dim() == 4 else output


# Each method of the table


def saliency(again: Again) -> "Tensor":
    return strongest(again.back(again.sought.image))


def strongest(gradient: "Tensor") -> "Tensor":
    """The largest size over the colours."""
    found: Tensor = gradient[0].abs().max(dim=0).values
    return found


def smoothgrad(again: Again) -> "Tensor":
    import torch

    image = again.sought.image
    torch_noise = torch.Generator().manual_seed(0)
    deviation = NOISE * float(image.max() - image.min())
    copies = [
        again.back(image + deviation * torch.randn(image.shape, generator=torch_noise))
        for _ in range(NOISY_COPIES)
    ]
    return strongest(torch.stack(copies).mean(dim=0))


def gradient_x_input(again: Again) -> "Tensor":
    image = again.sought.image
    return (image * again.back(image)).sum(dim=1)[0]


def guided_backprop(again: Again) -> "Tensor":
    """What comes to a ReLU is cut off at 0 by a hook before it goes back."""

    def cut(module: Any, upstream: Any) -> Any:
        return tuple(each.clamp(min=0) for each in upstream)

    rows = again.sought.model.network.layers
    handles = [
        module.register_full_backward_pre_hook(cut)
        for module, row in zip(again.hooked.steps, rows, strict=False)
        if row.layer.guided
    ]
    try:
        return strongest(again.back(again.sought.image))
    finally:
        for handle in handles:
            handle.remove()


def grad_cam(again: Again) -> "Tensor":
    """Maps from a forward hook, their gradients from a backward one."""
    import torch

    sought = again.sought
    assert sought.layer
    at = sought.model.network.position(sought.layer)
    again.back(sought.image)
    maps, gradient = again.hooked.output(at)[0], again.hooked.gradients[at]
    if gradient is None:
        return torch.zeros_like(maps[0])
    return torch.einsum("c,chw->hw", gradient[0].mean(dim=(1, 2)), maps).relu()


PATHS: dict[str, Callable[[Again], "Tensor"]] = {
    "saliency": saliency,
    "smoothgrad": smoothgrad,
    "gradient-x-input": gradient_x_input,
    "guided-backprop": guided_backprop,
    "grad-cam": grad_cam,
}


def explained(question: AttributionQuestion) -> list[Witness]:
    """A grid by backward() and hooks; of occlusion some cells, each with a whole picture."""
    from app.core.activations.capture import score_layer
    from app.core.networks.hooked import Hooked

    row = attribution(question.method)
    answer = attributions(question)
    look = question.look()
    model = look.model.requires_grad_(False)
    height, width = look.image.shape[2:]
    side = min(height, width)
    sought = Sought(
        model,
        look.image,
        answer["target"]["index"],
        answer["layer"],
        question.patch or max(1, (side + 2) // 4),
        question.stride or max(1, round(side / 10)),
        question.of,
    )
    again = Again(Hooked(model, score_layer(model.network)), sought)
    if row.name == "occlusion":
        return covered(again, answer["grid"])
    of = f"the grid of {ATTRIBUTIONS[row.name].title}"
    return [in_single(BACK, of, answer["grid"], PATHS[row.name](again))]


def covered(again: Again, grid: Any) -> list[Witness]:
    """What the class loses with some patches covered: the largest loss, and evenly spread ones."""
    sought = again.sought
    rows, columns = (cells(n, sought.stride) for n in sought.image.shape[2:])
    many = len(rows) * len(columns)
    places = {int(grid.argmax()), *range(0, many, max(1, many // (FEW - 1)))}
    whole = probability(again, sought.image)
    ours, theirs = [], []
    for place in sorted(places):
        row, column = divmod(place, len(columns))
        ours.append(float(grid[row][column]))
        there = under_gray(sought.image, rows[row], columns[column], sought.patch)
        theirs.append(whole - probability(again, there))
    of = f"what is lost with {len(ours)} of {many} patches covered"
    return [witness(PICTURES, of, ours, theirs, PROBABILITY, least=1.0)]


def under_gray(image: "Tensor", row: int, column: int, patch: int) -> "Tensor":
    """A picture under a gray square about a pixel, of which a part may lie outside."""
    import torch

    first = torch.tensor([row, column]) - patch // 2
    at = [torch.arange(n) - start for n, start in zip(image.shape[2:], first, strict=True)]
    high, wide = ((each >= 0) & (each < patch) for each in at)
    return torch.where(high[:, None] & wide, torch.full_like(image, GRAY), image)


def probability(again: Again, image: "Tensor") -> float:
    import torch

    with torch.no_grad():
        return float(as_scores(again.hooked(image)).softmax(dim=1)[0, again.sought.target])


def one_patch(question: OcclusionQuestion) -> list[Witness]:
    """The class's probability before and after, each with a whole picture."""
    from app.core.activations.capture import score_layer
    from app.core.networks.hooked import Hooked

    answer = occlusion(question)
    look = question.look()
    sought = Sought(look.model, look.image, asked_class(look, look.image)["index"])
    again = Again(Hooked(look.model, score_layer(look.network)), sought)
    there = under_gray(look.image, question.row, question.column, question.patch)
    theirs = [probability(again, image) for image in (look.image, there)]
    ours = [answer["target"]["probability"], answer["probability"]]
    of = "the probability before and after"
    return [witness(PICTURES, of, ours, theirs, PROBABILITY, least=1.0)]


def strongest_units(question: TopPatchesQuestion) -> list[Witness]:
    """What the unit of each patch gives for its whole picture, and the largest of its map."""
    import torch

    from app.core.attributions.top_patches import cuts
    from app.core.networks.hooked import Hooked
    from app.core.pictures.preparation import prepared

    answer = top_patches(question)
    network = question.seeing()
    aim = network.channel(question.layer, question.channel)
    hooked = Hooked(question.torch_network(network).requires_grad_(False), aim.layer)
    shown: dict[str, list[Any]] = {}
    for cut in cuts(question.kind):
        shown.setdefault(cut.image, []).append(cut)
    values: dict[Any, Any] = {}

    def found(cut: Any) -> Any:
        """The channel's map for a picture."""
        if cut not in values:
            image = torch.from_numpy(prepared(cut.pixels, question.kind, network.input))[None]
            with torch.no_grad():
                values[cut] = hooked(image)[0, aim.channel]
        return values[cut]

    ours, theirs = [], []
    for patch in answer["patches"]:
        # Which piece of the photo it is from is not told: the one whose unit gives that number.
        there = [found(cut) for cut in shown[patch["image"]]]
        at = [float(each[tuple(patch["unit"])]) for each in there]
        value = patch["value"]
        assert value is not None
        k = min(range(len(at)), key=lambda i: abs(at[i] - value))
        ours += [value, value]
        theirs += [at[k], float(there[k].max())]
    return [in_single(HOOKS, "the number of each patch, the largest of its map", ours, theirs)]


def climbed(question: OptimisedInputQuestion) -> list[Witness]:
    """What the channel gives for the first pictures of the climb."""
    import torch

    from app.core.attributions.optimised_inputs import drawn, picture_size, start
    from app.core.networks.hooked import Hooked

    network, _ = question.found()
    aim = network.channel(question.layer, question.channel)
    state, frames = optimised_input(question, None)
    after, more = optimised_input(question, state)
    begun = start(picture_size(network, aim.layer), question.seed)
    model = question.torch_network(network).requires_grad_(False)
    hooked = Hooked(model, aim.layer)
    theirs = []
    for at in (begun, after):
        if at is not None:
            with torch.no_grad():
                maps = hooked(drawn(torch.from_numpy(at.spectrum), at.size))
                theirs.append(float(maps[:, aim.channel].relu().mean()))
    ours = [frame["value"] for frame in (*frames, *more)][: len(theirs)]
    return [in_single(HOOKS, "what the channel gives at first and some steps on", ours, theirs)]
