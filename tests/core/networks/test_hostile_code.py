"""Code that nobody should read for long: refused in words, within the budget, nothing executed."""

from pathlib import Path

import pytest

from app.core.errors import Problem
from app.core.networks.torch_code import read, reading
from tests.work import at_most

STEPS = 3_000_000  # lines of Python
HEAD = "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
FORWARD = "    def forward(self, x):\n        return {}\n"
CONV = "        self.c = nn.Conv2d(3, 3, 1)\n"
WHOLE = HEAD + CONV + FORWARD.format("self.c(x)")

HOSTILE = {
    "a forward that calls itself": HEAD + CONV + FORWARD.format("self.forward(x)"),
    "a forward that calls its module": HEAD + CONV + FORWARD.format("self(x)"),
    "an init that makes itself": HEAD + "        self.inside = Net()\n" + FORWARD.format("x"),
    "two classes that make one another": (
        HEAD.replace("Net", "A") + "        self.b = B()\n" + FORWARD.format("self.b(x)")
        + HEAD.replace("Net", "B") + "        self.a = A()\n" + FORWARD.format("self.a(x)")),
    "a function that calls itself": (
        "def f(n):\n    return f(n + 1)\n" + HEAD + "        self.c = f(0)\n"
        + FORWARD.format("x")),
    "a function that calls itself twice": (
        "def f(n):\n    return f(n - 1) + f(n - 1) if n else [nn.ReLU()]\n"
        "model = nn.Sequential(*f(24))"),
    "ten thousand attributes": (
        HEAD + "        for i in range(5000):\n            for j in range(5000):\n"
        "                setattr(self, f'c{i}_{j}', nn.ReLU())\n" + FORWARD.format("x")),
    "ten thousand lines": (
        HEAD + "".join(f"        self.c{i} = nn.ReLU()\n" for i in range(2_200)) + FORWARD.format(
            "self.missing(x)")),
    "a loop of a billion": HEAD + "        for i in range(10**9): pass\n" + FORWARD.format("x"),
    "loops within loops": (
        HEAD + "        for a in range(999):\n            for b in range(999):\n"
        "                for c in range(999): pass\n" + FORWARD.format("x")),
    "while true": HEAD + "        while True: pass\n" + FORWARD.format("x"),
    "an exponential comprehension": (
        "a = [nn.ReLU()]\n" + "a = [y for x in a for y in [*a, *a]]\n" * 40
        + "nn.Sequential(*a)"),
    "comprehensions within one another": (
        "nn.Sequential(*[nn.ReLU() for a in range(99) for b in range(99) for c in range(99)])"),
    "a list that doubles": "a = [nn.ReLU()]\n" + "a += a\n" * 60 + "nn.Sequential(*a)",
    "a text that doubles": "a = 'x'\n" + "a = a + a\n" * 60 + "nn.Conv2d(a, 3, 3)",
    "a list in itself": "a = [nn.ReLU()]\na.append(a)\nnn.Sequential(*a)",
    "a stack in itself": "m = nn.Sequential(nn.ReLU())\nm.append(m)\n",
    "a metaclass": WHOLE.replace("(nn.Module)", "(nn.Module, metaclass=Meta)"),
    "a decorated class": "@evil\n" + WHOLE,
    "a decorated forward": WHOLE.replace("    def forward", "    @evil(1)\n    def forward"),
    "eval": HEAD + "        self.c = eval('nn.Conv2d(3, 3, 1)')\n" + FORWARD.format("self.c(x)"),
    "exec": "exec('import os')",
    "a number": HEAD + "        self.c = nn.Conv2d(3, 9 ** 9 ** 9, 1)\n" + FORWARD.format("x"),
    "a shift": "nn.Conv2d(3, 1 << 99999999, 1)",
    "a product": "a = 2 ** 30\n" + "a = a * a\n" * 50 + "nn.Linear(a, 1)",
    "a lambda on itself": "(lambda f: f(f))(lambda f: f(f))",
    "globals": "globals()['__builtins__']",
    "a generator": "def f():\n    yield nn.ReLU()\nnn.Sequential(*f())",
    "an async function": "async def f(): pass\nf()",
    "a deep attribute": "x" + ".a" * 20_000,
    "a deep bracket": "nn.Sequential(" + "[" * 3_000 + "]" * 3_000 + ")",
    "names in names": "class Net(nn.Module):\n" + "  " + "\n  ".join(
        f"class A{i}: pass" for i in range(2_000)),
    "the file system": "open('/tmp/netw-made', 'w').write('x')",
    "an import": "import os\nos.system('touch /tmp/netw-made')\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_is_refused_in_words(name: str) -> None:
    with at_most(STEPS), pytest.raises(Problem) as caught:
        read(HOSTILE[name], (3, 8, 8))
    said = caught.value.message
    assert 10 < len(said) < 300
    assert "<class" not in said
    assert "object at" not in said
    assert not Path("/tmp/netw-made").exists()


def test_what_hostile_code_is_changed_from_is_read() -> None:
    assert len(read(WHOLE, (3, 8, 8))[0].layers) == 1


AROUND = [
    "torch.manual_seed(0)", "np.random.seed(1)", "random.seed(2)", "device = torch.device('cuda')",
    "%matplotlib inline", "!pip install torch", "net.to(device)", "net.eval()", "net.cuda()",
    "summary(net, (3, 8, 8))", "torchinfo.summary(net, input_size=(1, 3, 8, 8))",
    "optimizer = torch.optim.SGD(net.parameters(), lr=0.1)", "criterion = nn.CrossEntropyLoss()",
    "loss_fn = nn.MSELoss().to(device)", "x = torch.randn(2, 3, 8, 8)", "y = net(x)",
    "print(net(x).shape)", "net(torch.zeros(1, 3, 8, 8))", "out = net.forward(x)",
    "for p in net.parameters():\n    p.requires_grad = False",
    "for epoch in range(1000):\n    for x, y in loader:\n        optimizer.zero_grad()\n"
    "        loss = criterion(net(x), y)\n        loss.backward()\n        optimizer.step()",
    "with torch.no_grad():\n    y = net(x)", "if torch.cuda.is_available():\n    net = net.cuda()",
    "net = nn.DataParallel(net)", "net = torch.compile(net)",
    "net.load_state_dict(torch.load('a'))",
    "writer = SummaryWriter()", "plt.plot(losses)", "assert net(x).shape == (2, 3, 8, 8)",
    "torch.save(net.state_dict(), 'a.pth')", "n = sum(p.numel() for p in net.parameters())",
    "print(sum(p.numel() for p in net.parameters() if p.requires_grad))",
    "def train(model):\n    model.train()\n    return model",
    "history = []\nfor i in range(3):\n    history.append(i)", "from torchvision import models",
    "try:\n    import apex\nexcept ImportError:\n    apex = None", "# a comment", '"""A text."""',
    "transform = transforms.Compose([transforms.ToTensor()])", "batch_size = 64; lr = 1e-3",
    "net.apply(weights_init)", "nn.init.zeros_(net[0].weight)", "net[0].weight.data.fill_(1)",
    "args = argparse.ArgumentParser().parse_args()", "lr: float = 0.1", "net.train(False)",
    "torch.onnx.export(net, x, 'a.onnx')", "hook = net[0].register_forward_hook(print)",
    "dataset = datasets.MNIST('data', train=True, download=True)", "del x", "net.zero_grad()",
]  # fmt: skip
STACK = "net = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU())"


@pytest.mark.parametrize("line", AROUND)
def test_what_stands_around_a_network_is_overlooked(line: str) -> None:
    plain = read(STACK, (3, 8, 8))[0]
    below = reading(f"{STACK}\n{line}\n", (3, 8, 8))
    assert below.network == plain
    for entry in below.overlooked:
        assert entry.line >= 2
        assert entry.why
    if "net" not in line.replace("zero_grad", ""):
        above = reading(f"{line}\n{STACK}\n", (3, 8, 8))
        assert above.network == plain


def test_all_that_stands_around_together() -> None:
    source = "\n".join([STACK, *AROUND, "print(net)"])
    assert reading(source, (3, 8, 8)).network == read(STACK, (3, 8, 8))[0]
    fenced = f"Here is my model:\n```python\n{source}\n```\nWhy is it slow?\n"
    assert reading(fenced, (3, 8, 8)).network == read(STACK, (3, 8, 8))[0]


def test_many_classes_are_tried_on_one_text() -> None:
    kind = "class {}(nn.Module):\n" + "\n".join(WHOLE.splitlines()[1:]) + "\n"
    many = "".join(kind.format(f"N{i}") for i in range(300))
    with at_most(STEPS // 3):
        found = reading(many, (3, 8, 8))
    assert [layer.layer.type for layer in found.network.layers] == ["Conv2d"]
    assert len(found.overlooked) == 299
