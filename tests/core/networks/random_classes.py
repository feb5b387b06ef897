"""Classes as people write them, made at random: text that torch runs and that is read here."""

import random

IMPORTS = """
import torch
from torch import nn
import torch.nn.functional as F
from collections import OrderedDict
from functools import partial
"""

BLOCKS = """
def conv3x3(inside, outside, stride=1, groups=1):
    return nn.Conv2d(inside, outside, 3, stride, 1, groups=groups, bias=False)


class ConvBN(nn.Sequential):
    def __init__(self, inside, outside, kernel=3, act=nn.ReLU, **more):
        layers = [nn.Conv2d(inside, outside, kernel, padding=kernel // 2, bias=False, **more)]
        layers.append(nn.BatchNorm2d(outside))
        if act is not None:
            layers += [act()]
        super().__init__(*layers)
        self.outside = outside


class Residual(nn.Module):
    expansion = 1

    def __init__(self, inside, outside, stride=1, norm=None, inplace=True):
        super(Residual, self).__init__()
        norm = norm or nn.BatchNorm2d
        self.conv1 = conv3x3(inside, outside, stride)
        self.bn1 = norm(outside)
        self.relu = nn.ReLU(inplace=inplace)
        self.conv2 = conv3x3(outside, outside * self.expansion)
        self.bn2 = norm(outside)
        self.shortcut = nn.Sequential()
        if stride != 1 or inside != outside:
            self.shortcut = nn.Sequential(nn.Conv2d(inside, outside, 1, stride), norm(outside))

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


class Fire(nn.Module):
    def __init__(self, inside, squeeze, *expand):
        super().__init__()
        self.squeeze = nn.Conv2d(inside, squeeze, kernel_size=1)
        self.expand = nn.ModuleList([
            nn.Conv2d(squeeze, n, 2 * i + 1, padding=i) for i, n in enumerate(expand)])

    def forward(self, x):
        x = torch.relu(self.squeeze(x))
        return torch.cat([F.relu(conv(x)) for conv in self.expand], dim=1)


class Gate(nn.Module):
    def __init__(self, channels, reduction=2):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Sequential(
            nn.Linear(channels, max(channels // reduction, 1)), nn.ReLU(inplace=True),
            nn.Linear(max(channels // reduction, 1), channels), nn.Sigmoid())

    def forward(self, x):
        b, c, _, _ = x.size()
        y = self.pool(x).view(b, c)
        return x * self.fc(y).view(b, c, 1, 1)


class Dense(nn.ModuleDict):
    def __init__(self, inside, growth, count):
        super().__init__()
        for i in range(count):
            self.add_module("layer%d" % (i + 1), ConvBN(inside + i * growth, growth, 3))

    def forward(self, x):
        features = [x]
        for name, layer in self.items():
            features.append(layer(torch.cat(features, 1)))
        return torch.cat(features, 1)


def stack(channels, config, norm=False):
    layers = []
    for v in config:
        if v == "M":
            layers += [nn.MaxPool2d(kernel_size=2, stride=2)]
            continue
        layers.append(nn.Conv2d(channels, v, kernel_size=3, padding=1))
        if norm:
            layers.append(nn.BatchNorm2d(v))
        layers.append(nn.ReLU(inplace=True))
        channels = v
    return nn.Sequential(*layers)
"""


class Writer:
    """Writes a class line by line; `maps` are the names that hold maps, with their sizes."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        side = self.rng.choice((8, 11, 16))
        self.input = (self.rng.choice((1, 3, 4)), side, side + self.rng.choice((0, 0, 3)))
        self.begin: list[str] = []
        self.forward: list[str] = []
        self.maps = {"x": self.input}
        self.count = 0
        self.plain: list[str] = []  # modules without weights, which may be used again

    def name(self) -> str:
        self.count += 1
        return f"m{self.count}"

    def held(self, module: str) -> str:
        """A module put into an attribute, one way or another."""
        name = self.name()
        ways = [f"self.{name} = {module}"] * 4 + [f'self.add_module("{name}", {module})']
        ways.append(f"setattr(self, 'm' + str({name[1:]}), {module})")
        ways.append(f"{name} = {module}; self.{name} = {name}")
        self.begin.append(self.rng.choice(ways))
        return f"self.{name}"

    def put(self, value: str, shape: tuple[int, int, int]) -> None:
        """A statement of forward: most often x again, or a name of its own."""
        name = "x" if self.rng.random() < 0.6 else self.rng.choice("abc")
        self.forward.append(f"{name} = {value}")
        self.maps[name] = shape

    def step(self) -> None:
        rng = self.rng
        source = rng.choice([*self.maps, "x"])
        c, h, w = self.maps[source]
        out = rng.choice((2, 4, 6, 8))
        match rng.randrange(19):
            case 0 | 1:
                k, s, p = rng.choice((1, 2, 3, 5)), rng.choice((1, 1, 2)), rng.choice((0, 1, 2))
                high, wide = (n + 2 * p - k for n in (h, w))
                if min(high, wide) < 0:
                    return
                g = rng.choice((1, 1, 2)) if c % 2 == 0 else 1
                more = rng.choice(("", ", bias=False", f", groups={g}" if g > 1 else ""))
                conv = self.held(f"nn.Conv2d({c}, {out}, {k}, stride={s}, padding={p}{more})")
                self.put(f"{conv}({source})", (out, high // s + 1, wide // s + 1))
            case 2:
                norm = self.held(rng.choice((f"nn.BatchNorm2d({c})", f"nn.GroupNorm(1, {c})")))
                self.put(f"{norm}({source})", (c, h, w))
            case 3:
                act = rng.choice(("nn.ReLU(inplace=True)", "nn.GELU()", "nn.SiLU()", "nn.Tanh()"))
                if self.plain and rng.random() < 0.5:
                    module = rng.choice(self.plain)
                else:
                    module = self.held(act)
                    self.plain.append(module)
                self.put(f"{module}({source})", (c, h, w))
            case 4:
                said = rng.choice((f"F.relu({source})", f"{source}.sigmoid()",
                                   f"torch.tanh({source})", f"{source} * 0.5 - 1",
                                   f"1 - {source} / 4", f"F.leaky_relu({source}, 0.2)",
                                   f"F.relu({source}, inplace=True)"))  # fmt: skip
                self.put(said, (c, h, w))
            case 5:
                if min(h, w) < 4:
                    return
                pool = rng.choice(("F.max_pool2d({}, 2)", "F.avg_pool2d({}, kernel_size=2)"))
                self.put(pool.format(source), (c, h // 2, w // 2))
            case 6:
                block = self.held(f"Residual({c}, {out}, inplace={rng.random() < 0.5})")
                self.put(f"{block}({source})", (out, h, w))
            case 7:
                block = self.held(f"Residual({c}, {out}, stride=2)")
                self.put(f"{block}({source})", (out, (h + 1) // 2, (w + 1) // 2))
            case 8:
                block = self.held(f"Fire({c}, 2, {out}, 3)")
                self.put(f"{block}({source})", (out + 3, h, w))
            case 9:
                block = self.held(rng.choice((f"Gate({c})", f"Gate({c}, reduction=4)")))
                self.put(f"{block}({source})", (c, h, w))
            case 10:
                block = self.held(f"Dense({c}, 2, {rng.randint(1, 3)})")
                count = int(self.begin[-1].split(", 2, ")[1][0])
                self.put(f"{block}({source})", (c + 2 * count, h, w))
            case 11:
                norm = rng.random() < 0.5
                block = self.held(f"stack({c}, [{out}, 4], norm={norm})")
                self.put(f"{block}({source})", (4, h, w))
            case 12:
                block = self.held(f"nn.Sequential(*[ConvBN({c}, {c}) for _ in range(2)])")
                self.put(f"{block}({source})", (c, h, w))
            case 13:
                block = self.held(
                    f"nn.ModuleList([conv3x3({c}, {c}, groups={c}) for i in range(1, 3)])"
                )
                self.forward += [f"y = {source}", f"for i, layer in enumerate({block}):",
                                 "    y = layer(y) if i else F.relu(layer(y))"]  # fmt: skip
                self.put("y", (c, h, w))
            case 14 | 15:
                same = [name for name, shape in self.maps.items() if shape == (c, h, w)]
                other = rng.choice(same)
                said = rng.choice(
                    (
                        f"{source} + {other}",
                        f"{source} * {other}",
                        f"torch.add({source}, {other})",
                        f"{source}.mul({other})",
                    )
                )
                if rng.random() < 0.3:
                    self.forward.append(f"{source} += {other}")
                else:
                    self.put(said, (c, h, w))
            case 16:
                alike = [name for name, shape in self.maps.items() if shape[1:] == (h, w)]
                other = rng.choice(alike)
                total = c + self.maps[other][0]
                if total < 40:
                    said = rng.choice(("torch.cat([{}, {}], 1)", "torch.cat(({}, {}), dim=1)"))
                    self.put(said.format(source, other), (total, h, w))
            case 17:
                block = self.held(
                    f'nn.Sequential(OrderedDict([("pad", nn.ZeroPad2d(1)), ("conv", '
                    f'partial(nn.Conv2d, kernel_size=3)({c}, {out})), ("act", nn.ELU())]))'
                )
                self.put(f"{block}({source})", (out, h, w))
            case 18:
                if max(h, w) > 20:
                    return
                up = self.held("nn.Upsample(scale_factor=2)")
                said = rng.choice((f"{up}({source})", f"F.interpolate({source}, scale_factor=2)"))
                self.put(said, (c, 2 * h, 2 * w))

    def head(self) -> None:
        c, h, w = self.maps["x"]
        n = c * h * w
        flat = self.rng.choice((
            "torch.flatten(x, 1)", "x.view(x.size(0), -1)", f"x.view(-1, {n})", "x.flatten(1)",
            f"x.reshape(x.shape[0], {c} * {h} * {w})", "x.mean([2, 3])",
            "F.adaptive_avg_pool2d(x, 1).flatten(start_dim=1)",
            "F.adaptive_avg_pool2d(x, (1, 1)).squeeze(-1).squeeze(-1)",
        ))  # fmt: skip
        features = c if "mean" in flat or "adaptive" in flat else n
        fc = self.held(f"nn.Linear({features}, classes)")
        self.forward.append(f"x = {flat}")
        last = self.rng.choice(("{}(x)", "F.log_softmax({}(x), dim=1)", "F.relu({}(x))"))
        self.forward.append(f"return {last.format(fc)}")

    def text(self) -> str:
        """The whole class, and the line that makes it."""
        for _ in range(self.rng.randint(3, 12)):
            self.step()
        self.head()
        begin = "".join(f"        {line}\n" for line in self.begin)
        forward = "".join(f"        {line}\n" for line in self.forward)
        return (
            f"{IMPORTS}{BLOCKS}\n\nclass Net(nn.Module):\n"
            "    def __init__(self, classes: int = 10, **kwargs):\n"
            f"        super().__init__()\n{begin}\n    def forward(self, x):\n{forward}\n\n"
            "model = Net(classes=5)\n"
        )
