"""A run of several nets as one program, which prints the losses of all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import indent

from app.core.training.scripts import Script


@dataclass(frozen=True)
class Several(Script):
    """`network` makes `models`, a dictionary by what a line calls each. All learn from the same
    batch at each step, each by an optimiser of its own. What is printed of each is the mean loss of
    its steps since the line before, as a batch's wavers."""

    @property
    def parts(self) -> Iterator[tuple[str, str]]:
        yield "Everything of chance comes from the seed and the place in the run.", self._head()
        yield "What all of them learn from.", self.data.strip()
        yield "The networks.", self.network.strip()
        yield "How they learn, side by side, and the losses of all on the way.", self._run()

    def _run(self) -> str:
        step = f"""\
some = chosen(step)
for name, model in models.items():
    optimizers[name].zero_grad()
    loss = {self.loss}
    loss.backward()
    losses[name].append(loss.item())
if step == 0:
    told(0, losses)
for optimizer in optimizers.values():
    optimizer.step()
if (step + 1) % {self.each} == 0:
    told(step + 1, losses)
    losses = {{name: [] for name in models}}"""
        blocks = [
            "optimizers = {\n"
            f"    name: {self.optimizer}\n    for name, model in models.items()\n}}",
            self._chosen(),
            "def told(step, losses):\n"
            '    words = ", ".join(f"{np.mean(some):.7f} of {name}" '
            "for name, some in losses.items())\n"
            f'    print(f"step {{step}}: {self.called} {{words}}")',
            "losses = {name: [] for name in models}\n"
            f"for step in range({self.steps}):\n{indent(step, '    ')}",
        ]
        return "\n\n\n".join(blocks)
