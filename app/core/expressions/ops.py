"""OPS: a row an operation. Parser, evaluator, REST, palette and reference page follow from it."""

from itertools import chain

from app.core.expressions.op import OPS, SLOT, Op
from app.core.expressions.table.choices import choices
from app.core.expressions.table.losses import generators, losses
from app.core.expressions.table.numbers import numbers
from app.core.expressions.table.tensors import tensors

__all__ = ["NAMES", "OPS", "SLOT", "Op"]

OPS |= {row.name: row for row in chain(numbers(), choices(), tensors(), losses(), generators())}

# Second names: typed, they are the op.
NAMES = {second: row.name for row in OPS.values() for second in row.names}
