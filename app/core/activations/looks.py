"""A question on a network that looks at a picture: the network, its weights, the picture.

Nothing here imports torch before a question is answered, which belongs into a worker.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from pydantic import Field

from app.core.activations import weights
from app.core.activations.objective import Of
from app.core.errors import Problem
from app.core.networks import models
from app.core.networks.costs import check_cost
from app.core.networks.network import Network, analyse
from app.core.networks.questions import AskedNetwork
from app.core.pictures import images, preparation, uploads
from app.core.questions import shown

if TYPE_CHECKING:
    from torch import Tensor

    from app.core.activations.capture import Capture
    from app.core.networks.torch_network import TorchNetwork

MOST_WEIGHTS = 11_000_000  # characters of base64: 8 MB of tensors
EXAMPLE = {"model": "squeezenet1_1", "image": "coffee"}


class WeightsQuestion(AskedNetwork):
    """A network with weights: a model that ships, or one's own."""

    model: str | None = Field(
        default=None,
        max_length=64,
        description="A trained network of GET /api/models. Instead, a network of one's own as "
        "`network`, `source` or `architecture`, with random weights or with `weights`.",
    )
    seed: int = Field(
        default=0,
        strict=True,
        ge=0,
        lt=2**32,
        description="Of a network's random weights: torch.manual_seed, the layers built in their "
        "order, then He's kaiming_normal_ for each that weighs, in the same order; biases 0.",
    )
    weights: str | None = Field(
        default=None,
        max_length=MOST_WEIGHTS,
        description="A safetensors file in base64, by torch's names (`features.0.weight`).",
    )

    @property
    def private(self) -> bool:
        return self.weights is not None

    def found(self) -> tuple[Network, dict[str, tuple[int, int]]]:
        """The network. Raises Problem."""
        if self.model is None:
            return super().found()
        if any(form is not None for form in (self.network, self.source, self.architecture)):
            raise Problem("give one of `model`, `network`, `source` and `architecture`")
        if self.weights is not None:
            raise Problem("a model brings its own weights", {"field": "weights"})
        return models.model(self.model).network, {}

    @property
    def shipped(self) -> models.Model | None:
        """The model's row; None for a network of one's own."""
        return None if self.model is None else models.model(self.model)

    @property
    def kind(self) -> preparation.Kind:
        """How the pictures are prepared that the network looks at."""
        return self.shipped.picture if self.shipped else "photo"

    def seeing(self) -> Network:
        """The network, if it fits, takes a picture, and is not too large. Raises Problem."""
        network, _ = self.found()
        if len(network.input) != 3:
            raise Problem("a network that takes a vector sees no picture")
        analyse(network).check()
        # Forward, and twice that on the way back.
        check_cost(network, 2, "a smaller network or a smaller input")
        return network

    def torch_network(self, network: Network) -> "TorchNetwork":
        """The network with the weights that are asked for."""
        from app.core.networks.torch_network import TorchNetwork, seeded

        if self.model is not None:
            return trained(self.model)
        if self.weights is None:
            return seeded(network, self.seed)
        data = weights.from_text(self.weights)
        model = TorchNetwork.empty(network)
        # Names and sizes first: a file may hold far more than the network can use.
        expected = model.state_dict()
        shapes = weights.shapes(data, len(expected))
        prefix = weights.wrapping(shapes, expected)
        model.check(weights.unwrapped(shapes, prefix))
        return model.filled(weights.unwrapped(weights.tensors(data), prefix))


class LookQuestion(WeightsQuestion):
    """A network with weights, and the picture that it looks at."""

    model_config = shown(EXAMPLE)

    image: str = Field(
        max_length=uploads.MOST_TEXT,
        description="A name of GET /api/images, or a PNG, JPEG or WebP as a data address "
        "(data:image/png;base64,...).",
    )
    drawing: bool = Field(
        default=False,
        description="The picture is a drawn figure: cut out and centred, as in MNIST.",
    )
    target: int | None = Field(
        default=None,
        strict=True,
        ge=0,
        description="The class that is asked about, a channel if the network ends in maps; "
        "the top one if left out.",
    )
    of: Of = Field(
        default="score",
        description="What the gradients are of: the class's score (before a softmax), or the "
        "cross-entropy loss with it as the right answer.",
    )

    @property
    def private(self) -> bool:
        return super().private or self.image.startswith("data:")

    def look(self) -> "Look":
        """The network with its weights and the picture as it sees it; imports torch."""
        network = self.seeing()
        return Look(self, network, self.torch_network(network), self.picture(network))

    def picture(self, network: Network) -> "Tensor":
        """The picture as the network sees it: 1 x C x H x W, from 0 to 1."""
        import torch

        if self.image.startswith("data:"):
            pixels = uploads.from_address(self.image)
        else:
            pixels = images.picture(self.image)
        kind = "drawing" if self.drawing else self.kind
        return torch.from_numpy(preparation.prepared(pixels, kind, network.input))[None]


@dataclass(frozen=True)
class Look:
    """A question with what it takes to answer it."""

    question: LookQuestion
    network: Network
    model: "TorchNetwork"
    image: "Tensor"

    def captured(self, weights: bool = False) -> "Capture":
        """The pass forward and back that is asked about."""
        from app.core.activations.capture import capture

        return capture(self.model, self.image, self.question.target, self.question.of, weights)

    def class_name(self, index: int) -> str:
        """What a class is called."""
        row = self.question.shipped
        if row and index < len(row.classes):
            return row.classes[index]
        return f"{'channel' if self.ends_in_maps else 'class'} {index}"

    @property
    def ends_in_maps(self) -> bool:
        """Whether the network's outputs are maps, and no classes."""
        shape = analyse(self.network).shapes[-1]
        return bool(shape and shape[1:])


@lru_cache(maxsize=8)
def trained(name: str) -> "TorchNetwork":
    """A model that ships, with its weights."""
    import torch

    from app.core.networks.torch_network import TorchNetwork

    # Copies: torch may not be given arrays that nobody is to write into.
    kept = {key: torch.tensor(array) for key, array in models.weights(name).items()}
    return TorchNetwork.holding(models.model(name).network, kept)
