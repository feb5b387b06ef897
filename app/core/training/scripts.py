"""A run as a PyTorch program of its own, which prints the losses that the run shows.

Where torch draws what numpy drew here, the program draws with numpy too; pictures come along.
"""

from __future__ import annotations

import ast
import base64
import inspect
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import dedent, indent
from typing import Any

import numpy as np

from app.core.networks.exports import pytorch
from app.core.networks.network import Network
from app.core.training.augmentation import Amounts, sampled, varied, waves
from app.core.training.classifiers import HE, XAVIER, Plan
from app.core.training.digits import SIDE, Digits, Floats
from app.core.training.modules import SEEDS
from app.core.training.nets import DROPPED, ORDER, START
from app.core.training.points import FRESH, RADIUS, SHAPES, TRAIN, TURNS, Kind

NAMES = {"tanh": "nn.Tanh()", "relu": "nn.ReLU()", "sigmoid": "nn.Sigmoid()"}


@dataclass(frozen=True)
class Script:
    """What makes a program. `data` makes x and y, and fresh_x and fresh_y to validate with;
    `network` makes `model`; `optimizer` is an expression. `loss` is one of model, x and y. The
    losses are printed before the first step and after each `each` of all `steps`. `count`: samples
    it is trained on, `batch` of them a step (0: all); `seen`: on how many of them its training loss
    is measured. `labels` defines labels(step, y) where they are other ones at each step, `inputs`
    defines inputs(step, x) where a step learns from changed ones, `first` is what each step does
    first. `double`: in double precision. `unit`: what `each` steps are, if they are not counted one
    by one. `measure`: what is printed of model, x and y where it is not the loss; `called`: its
    name."""

    seed: int
    data: str
    network: str
    optimizer: str
    steps: int
    each: int
    count: int
    batch: int = 0
    seen: int = 0
    loss: str = "F.cross_entropy(model(x), y)"
    labels: str = ""
    first: str = ""
    double: bool = False
    unit: str = "step"
    inputs: str = ""
    measure: str = ""
    called: str = "loss"

    @property
    def parts(self) -> Iterator[tuple[str, str]]:
        """Sentences, and the code under each."""
        yield "Everything of chance comes from the seed and the place in the run.", self._head()
        yield "What it learns from, and what it has never seen.", self.data.strip()
        yield "The network.", self.network.strip()
        yield "How it learns, and both losses on the way.", self._run()

    def _head(self) -> str:
        packed = "import base64\nimport zlib\n\n" if "zlib." in self.data else ""
        precise = "torch.set_default_dtype(torch.float64)\n" if self.double else ""
        return f"""\
{packed}import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SEED = {self.seed}
{precise}torch.set_num_threads(1)  # two add in another order, and so to other digits


def random(*place):
    return np.random.default_rng([SEED, *place])"""

    def _run(self) -> str:
        few = 0 < self.batch < self.count
        seen = f"[:{self.seen}]" if 0 < self.seen < self.count else ""
        some = "[some]" if few else ""
        given = f"inputs(step, x{some})" if self.inputs else f"x{some}"
        of = "measured" if self.measure else "loss"

        def y(part: str) -> str:
            return f"labels(step, y{part})" if self.labels else f"y{part}"

        step = [
            *self.first.splitlines(),
            *(["some = chosen(step)"] if few else []),
            "model.train()",
            "optimizer.zero_grad()",
            f"loss({given}, {y(some)}).backward()",
            "optimizer.step()",
            f"if (step + 1) % {self.each} == 0:",
            f"    told({'step + 1' if self.unit == 'step' else f'(step + 1) // {self.each}'})",
        ]
        blocks = [
            f"optimizer = {self.optimizer}",
            f"def loss(x, y):\n    return {self.loss}",
            self._chosen() if few else "",
            self.labels.strip(),
            self.inputs.strip(),
            f"def measured(x, y):\n    return {self.measure}" if self.measure else "",
            "@torch.no_grad()\n"
            f"def told({self.unit}):\n"
            "    model.eval()\n"
            f"    here, fresh = {of}(x{seen}, {y(seen)}), {of}(fresh_x, fresh_y)\n"
            f'    print(f"{self.unit} {{{self.unit}}}: '
            f'training {self.called} {{here:.7f}}, validation {self.called} {{fresh:.7f}}")',
            f"told(0)\nfor step in range({self.steps}):\n{indent(chr(10).join(step), '    ')}",
        ]
        return "\n\n\n".join(block for block in blocks if block)

    def _chosen(self) -> str:
        return dedent(f"""\
            def chosen(step):
                \"\"\"The samples of a step: each once an epoch, in an order of chance.\"\"\"
                epoch, place = divmod(step, {max(1, self.count // self.batch)})
                order = random({ORDER}, epoch).permutation({self.count})
                return torch.tensor(order[place * {self.batch} : (place + 1) * {self.batch}])""")


def program(script: Script, title: str) -> str:
    """As a file."""
    blocks = [f"# {says}\n\n{code}" for says, code in script.parts]
    return f'"""{title}"""\n\n' + "\n\n\n".join(blocks) + "\n"


# What it learns from


def points(kind: Kind, count: int, fresh: int, noise: float, labels: str) -> str:
    """Two classes of points, made by the program; y is of that kind of number."""
    shape = plain(SHAPES[kind].places)
    constants = f"TURNS, RADIUS = {TURNS}, {RADIUS}\n\n\n" if "TURNS" in shape else ""
    return f"""\
{constants}{shape}


def points(count, part):
    numbers = random(part)
    y = numbers.permutation(np.arange(count) % 2)
    x = {kind}(numbers.uniform(0, 1, count), y == 1)
    x = x + {noise!r} * numbers.standard_normal((count, 2))
    return torch.tensor(x, dtype=torch.get_default_dtype()), torch.tensor(y){labels}


x, y = points({count}, {TRAIN})
fresh_x, fresh_y = points({fresh}, {FRESH})"""


def pictures(given: Digits, fresh: Digits | None, shape: str = "", then: str = "") -> str:
    """Pictures of SIDE x SIDE that come along, with fresh ones where there are any; `shape` is what
    else is done to each."""
    all_of = [given, *([fresh] if fresh else [])]
    pixels = np.concatenate([some.x for some in all_of]) * 255
    packed = zlib.compress(pixels.round().astype(np.uint8).tobytes(), 9)
    labels = "".join(str(label) for some in all_of for label in some.y)
    count = len(given.y)
    unseen = f"\nfresh_x, fresh_y = pixels[{count}:], labels[{count}:]" if fresh else ""
    return f"""\
PIXELS = "{base64.b64encode(packed).decode()}"
LABELS = "{labels}"

pixels = np.frombuffer(zlib.decompress(base64.b64decode(PIXELS)), np.uint8)
pixels = torch.tensor(pixels.astype(np.float32) / 255).reshape(-1, {SIDE * SIDE}){shape}
labels = torch.tensor([int(label) for label in LABELS])
x, y = pixels[:{count}], labels[:{count}]{unseen}{then}"""


def plain(function: Callable[..., Any]) -> str:
    """A function of this project as text, without its types."""
    [found] = ast.parse(inspect.getsource(function)).body
    for each in ast.walk(found):
        if isinstance(each, ast.FunctionDef):
            each.returns = None
            for argument in each.args.args:
                argument.annotation = None
    return ast.unparse(found)


def changed(amounts: Amounts, place: int) -> str:
    """Copies of pictures, each changed by chance anew; `place` is where its numbers come from."""
    held = "\n".join(f"    {name} = {value!r}" for name, value in amounts._asdict().items())
    functions = "\n\n\n".join(plain(each) for each in (sampled, waves, varied))
    return f"""\
class Amounts:
{held}


{functions}


def inputs(step, x):
    return torch.tensor(varied(x.numpy(), {SIDE}, Amounts, random({place}, step)))"""


# Networks


def dense(
    sizes: Sequence[int],
    activation: str,
    norm: bool = False,
    skip: bool = False,
    dropped: float | None = None,
    start: float | None = None,
    last: str = "",
) -> str:
    """A stack of linear layers that starts as it does here; `last` is a layer behind them. The
    share `dropped` is a name that may change on the way."""
    layers, used = [], ""
    for i, (inputs, outputs) in enumerate(pairwise(sizes)):
        if i == len(sizes) - 2:
            layers += [f"nn.Linear({inputs}, {outputs})", *([last] if last else [])]
            break
        block = [f"nn.Linear({inputs}, {outputs})"]
        if norm:  # by the statistics of what it is given, always
            block.append(f"nn.BatchNorm1d({outputs}, track_running_stats=False)")
        block += [NAMES[activation]] if activation in NAMES else []
        if skip and inputs == outputs:
            block = [f"Skip({', '.join(block)})"]
        layers += block + ([f"Dropped({outputs})"] if dropped is not None else [])
    if skip:
        used += SKIP
    if dropped is not None:
        used += f"SHARE = {dropped!r}\n\n\n" + DROP.replace("DROPPED", str(DROPPED))
    inner = "".join(f"    {layer},\n" for layer in layers)
    return f"{used}model = nn.Sequential(\n{inner})\n\n{_start(activation, start)}"


SKIP = '''\
class Skip(nn.Sequential):
    """What it is given is added to what it gives."""

    def forward(self, x):
        return x + super().forward(x)


'''
DROP = '''\
class Dropped(nn.Module):
    """Leaves out the same units of all samples, others at each step; the rest makes up for it."""

    def __init__(self, units):
        super().__init__()
        self.units = units

    def draw(self, numbers):
        mask = (numbers.uniform(size=self.units) >= SHARE) / (1 - SHARE)
        self.mask = torch.tensor(mask, dtype=torch.get_default_dtype())

    def forward(self, x):
        return x * self.mask if self.training else x


def drop(step):
    numbers = random(DROPPED, step)
    for layer in model:
        if isinstance(layer, Dropped):
            layer.draw(numbers)


'''


def _start(activation: str, start: float | None) -> str:
    if start is None:
        drawn = """\
    bound = layer.in_features**-0.5  # as torch starts, with numbers drawn by numpy
    for part in (layer.weight, layer.bias):
        drawn = numbers.uniform(-bound, bound, tuple(part.shape))
        part.data = torch.tensor(drawn, dtype=part.dtype)"""
    else:
        kind = HE if activation == "relu" else XAVIER
        drawn = f"""\
    spread = {start!r} * ({kind} / layer.in_features) ** 0.5
    drawn = spread * numbers.standard_normal(tuple(layer.weight.shape))
    layer.weight.data = torch.tensor(drawn, dtype=layer.weight.dtype)
    layer.bias.data.zero_()"""
    return f"""\
numbers = random({START})
for layer in [layer for layer in model.modules() if isinstance(layer, nn.Linear)]:
{drawn}"""


def of_plan(plan: Plan) -> str:
    """A dense classifier; what is wrong with it on purpose stands as a line of its own."""
    text = dense(
        plan.sizes,
        plan.activation,
        plan.norm,
        plan.skip,
        plan.dropped or None,
        plan.start,
        "nn.Softmax(1)" if plan.twice else "",
    )
    if plan.frozen:
        text += "\nfor part in model[:-1].parameters():\n    part.requires_grad_(False)"
    return text


def of_network(network: Network, anew: int = 0) -> tuple[str, str]:
    """A network of layers, started by torch as its modules are, from the seed and so much more; and
    what each step does first: what is dropped depends on the step."""
    code = pytorch(network).strip()
    imported = [line for line in code.splitlines() if line.startswith(("from ", "import "))]
    body = "\n".join(line for line in code.splitlines() if line not in imported).strip()
    more = [line for line in imported if line not in ("from torch import nn", "import torch")]
    form = "\nmodel = model.to(memory_format=torch.channels_last)" if len(network.input) > 1 else ""
    start = f"torch.manual_seed(SEED + {anew})" if anew else "torch.manual_seed(SEED)"
    text = "\n".join([*more, start, body]) + form
    drops = any("Dropout" in node.layer.type for node in network.layers)
    return text, f"torch.manual_seed({SEEDS} * SEED + step)" if drops else ""


def carried(parts: Mapping[str, Floats]) -> str:
    """Parameters that come along, in place of those that `model` was started with."""
    packed = zlib.compress(
        b"".join(part.astype(np.float32).tobytes() for part in parts.values()), 9
    )
    return f"""\
CARRIED = "{base64.b64encode(packed).decode()}"

numbers = torch.tensor(np.frombuffer(zlib.decompress(base64.b64decode(CARRIED)), np.float32))
for name in {list(parts)!r}:
    part = model.get_parameter(name)
    part.data.copy_(numbers[: part.numel()].reshape(part.shape))
    numbers = numbers[part.numel() :]"""


def sgd(rate: float, momentum: float = 0.0, penalty: float = 0.0) -> str:
    words = f", momentum={momentum!r}" if momentum else ""
    words += f", weight_decay={penalty!r}" if penalty else ""
    return f"torch.optim.SGD(model.parameters(), lr={rate!r}{words})"


def adam(rate: float, penalty: float = 0.0) -> str:
    words = f", weight_decay={penalty!r}" if penalty else ""
    return f"torch.optim.Adam(model.parameters(), lr={rate!r}{words})"


LASSO = """

def lasso(optimizer, *_):
    \"\"\"The L1 penalty pulls each weight by its sign, before all else.\"\"\"
    for group in optimizer.param_groups:
        for part in group["params"]:
            part.grad += group["sparse"] * part.sign()"""


def by_layer(optimizer: str, sparse: float) -> str:
    """The same optimiser, whose numbers may differ between layers, with an L1 penalty."""
    layers = (
        f"{{'params': layer.parameters(), 'sparse': {sparse!r}}}\n"
        "    for layer in model if isinstance(layer, nn.Linear)"
    )
    own = optimizer.replace("model.parameters()", f"[\n    {layers}\n]")
    return f"{own}{LASSO}\n\n\noptimizer.register_step_pre_hook(lasso)"
