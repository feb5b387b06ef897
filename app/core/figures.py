"""FIGURES: the interactive pictures, a row a kind of them; and what they ask besides.

A row names functions; none of them imports torch before it is called, which happens in a worker.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from app.core.activations import answers as activations
from app.core.activations import witnesses as activation_witnesses
from app.core.activations.questions import ActivationsQuestion
from app.core.attributions import answers as attributions
from app.core.attributions import witnesses as attribution_witnesses
from app.core.attributions.questions import (
    A_PATCH,
    UNIT,
    AttributionQuestion,
    OcclusionQuestion,
    OptimisedInputQuestion,
    TopPatchesQuestion,
)
from app.core.beginnings import (
    activations_first,
    convolution_first,
    expression_first,
    network_first,
    or_else,
    with_example,
    with_expression,
    with_layer,
    with_look,
    with_method,
    with_network,
)
from app.core.convolutions import answers as convolutions
from app.core.convolutions import witnesses as convolution_witnesses
from app.core.convolutions.questions import ConvolutionQuestion, StepsQuestion, WindowQuestion
from app.core.convolutions.tellings import StepsAnswer
from app.core.convolutions.window import WindowAnswer
from app.core.experiments import exports as run_exports
from app.core.experiments import table as experiments
from app.core.experiments import weights as run_weights
from app.core.experiments.experiment import STEP_PAGE
from app.core.experiments.training_step import figure as training_steps
from app.core.experiments.training_step.questions import TrainingStepQuestion
from app.core.expressions import questions as expressions
from app.core.expressions import witnesses as expression_witnesses
from app.core.expressions.answers import ExpressionAnswer
from app.core.expressions.explanations import EntryAnswer, PathsAnswer
from app.core.expressions.gradient_check import GradientCheckAnswer
from app.core.expressions.steps import ExpressionStepsAnswer
from app.core.figure import ARRAYS, JSON, PICTURES, AsText, Figure, When
from app.core.networks import field_witnesses, fields
from app.core.networks import questions as networks
from app.core.networks import witnesses as network_witnesses
from app.core.networks.answers import NetworkAnswer
from app.core.networks.gradient_flow import GradientSizesAnswer
from app.core.pictures.preparation import FIRSTS
from app.core.teaching import answers as teaching
from app.core.teaching import witnesses as teaching_witnesses
from app.core.teaching.questions import TeachQuestion, with_classes
from app.core.training.loop import RunAnswer

EVENTS = "text/event-stream"
AS_EVENTS: dict[str, Any] = {
    "content": {EVENTS: {}},
    "description": "As events, if asked for: each frame as it comes.",
}
MEASURED, LOOKED, EXPLAINED = 20.0, 20.0, 40.0  # seconds that such a question may take

Row = Callable[..., Figure[Any]]
expression: Row = partial(
    Figure, subject="expressions", most_bytes=ARRAYS, page="/expression", completed=with_expression
)
convolution: Row = partial(
    Figure, subject="convolution", most_bytes=ARRAYS, page="/convolution", completed=with_layer
)
network: Row = partial(Figure, subject="networks", page="/network", completed=with_network)
look: Row = partial(
    Figure, subject="activations", most_bytes=PICTURES, page="/activations", completed=with_look
)
why: Row = partial(look, subject="attributions", seconds=EXPLAINED)

CONVOLUTION = convolution(
    name="convolution",
    question=ConvolutionQuestion,
    says="A convolution, pooling or fully connected layer on one input, forward and backward.",
    answer=convolutions.convolve,
    quick=When(convolutions.small, convolutions.convolve),
    check=convolution_witnesses.layer,
    model=convolutions.ConvolutionAnswer,
    old_names={"cell": "near"},
    first=convolution_first,
)
ACTIVATIONS = look(
    name="activations",
    question=ActivationsQuestion,
    says="A network looks at a picture: classes, every activation and every gradient.",
    answer=activations.activations,
    check=activation_witnesses.look,
    write=activations.write,
    forms=(JSON, activations.SAFETENSORS),
    seconds=LOOKED,
    model=activations.ActivationsAnswer,
    told={
        "content": {activations.SAFETENSORS: {}},
        "description": "As safetensors, if asked for: maps as tensors, the rest as metadata.",
    },
    first=activations_first,
)
DIGIT = {"model": "digits", "image": FIRSTS["drawing"]}
A_LAYER = DIGIT | {"layers": ["conv1"], "include": ["activation", "gradient"]}
A_UNIT = DIGIT | {"unit": {"layer": "conv1", "channel": 2, "row": 10, "column": 14}}

# The pictures, in the order of their pages

ROWS: tuple[Figure[Any], ...] = (
    expression(
        name="expression",
        question=expressions.PlayQuestion,
        says="Evaluate an expression: values forward, gradients backward, every flow and step.",
        answer=expressions.play,
        quick=expressions.quick_play,
        check=expression_witnesses.gradients,
        learn=expressions.learn,
        model=ExpressionAnswer,
        first=expression_first,
    ),
    expression(
        name="gradient-check",
        question=expressions.PassQuestion,
        says="Every input's gradient three ways: chain rule, central differences, "
        "torch's autograd.",
        answer=expressions.checked,
        check=expression_witnesses.gradients,
        operation="gradient_checks",
        model=GradientCheckAnswer,
    ),
    CONVOLUTION,
    replace(
        CONVOLUTION,
        name="fully-connected",
        says="A fully connected layer on one input: every weight, every product, and back.",
        examples=({"layer": "Linear", "input": "numbers", "shape": [1, 3, 3], "filters": 2},),
        completed=partial(with_layer, layer="Linear"),
    ),
    Figure(
        name="window",
        subject="convolution",
        question=WindowQuestion,
        says="How often a window fits on its input: (w + 2p - k) / s + 1 with its numbers.",
        answer=convolutions.window,
        quick=convolutions.window,
        check=convolution_witnesses.window,
        model=WindowAnswer,
        completed=partial(or_else, first={"input": 32, "kernel": 5}),
    ),
    network(
        name="network",
        question=networks.NetworkQuestion,
        says="What a network comes to: sizes, parameters, multiply-adds, memory, receptive fields.",
        answer=networks.network,
        quick=When(networks.small, networks.network),
        check=network_witnesses.sizes,
        model=NetworkAnswer,
        first=network_first,
    ),
    network(
        name="receptive-field",
        question=fields.FieldQuestion,
        says="The cone from one unit down to what it sees of the input: first and last row and "
        "column, over all channels.",
        answer=fields.receptive_field,
        quick=When(networks.small, fields.receptive_field),
        check=field_witnesses.reach,
        model=fields.ReceptiveFieldAnswer,
    ),
    network(
        name="stack",
        path="/receptive-field/stack",
        question=fields.StackQuestion,
        says="One large kernel against a stack of 3 × 3 that sees as much.",
        answer=fields.stacked,
        quick=fields.stacked,
        check=field_witnesses.stack,
        model=fields.StackAnswer,
        completed=None,
    ),
    network(
        name="effective-field",
        question=fields.EffectiveQuestion,
        says="What the middle unit of a layer really looks at, measured: |gradient| by pixel.",
        answer=fields.effective_field,
        check=field_witnesses.measured,
        seconds=MEASURED,
        model=fields.EffectiveFieldAnswer,
    ),
    network(
        name="comparison",
        question=networks.ComparisonQuestion,
        says="Well-known networks side by side: depth, size, cost, and how often they are right.",
        answer=networks.compared,
        quick=networks.compared,
        check=network_witnesses.totals,
        model=networks.ComparisonAnswer,
        completed=None,
        old_names={"compare": "names"},
    ),
    network(
        name="gradient-sizes",
        question=fields.GradientSizesQuestion,
        says="Gradients by layer at initialisation, with and without skips and batch norm, "
        "measured.",
        answer=fields.gradient_sizes,
        check=field_witnesses.sizes,
        seconds=MEASURED,
        model=GradientSizesAnswer,
        completed=None,
    ),
    ACTIVATIONS,
    replace(
        ACTIVATIONS,
        name="layer",
        says="One layer of a network that looks at a picture: its maps, and their gradients.",
        examples=(A_LAYER,),
        completed=partial(with_example, example=A_LAYER),
    ),
    replace(
        ACTIVATIONS,
        name="unit",
        says="One number of a layer: what it is made of, and what comes back to it.",
        examples=(A_UNIT,),
        completed=partial(with_example, example=A_UNIT),
    ),
    why(
        name="attribution",
        path="/attributions",
        operation="attributions",
        question=AttributionQuestion,
        says="Which pixels a class's score comes from, by one of these ways.",
        answer=attributions.attributions,
        check=attribution_witnesses.explained,
        model=attributions.AttributionAnswer,
        completed=with_method,
    ),
    why(
        name="occlusion",
        question=OcclusionQuestion,
        says="What a class loses when one patch of the picture is covered with gray.",
        answer=attributions.occlusion,
        check=attribution_witnesses.one_patch,
        model=attributions.OcclusionAnswer,
        completed=partial(with_example, example=A_PATCH),
    ),
    why(
        name="top-patches",
        question=TopPatchesQuestion,
        says="The patches of the shipped pictures that a channel answers to most.",
        answer=attributions.top_patches,
        check=attribution_witnesses.strongest_units,
        model=attributions.TopPatchesAnswer,
        completed=partial(with_example, example=UNIT),
    ),
    why(
        name="optimised-input",
        question=OptimisedInputQuestion,
        says="The picture that excites a channel most: every frame of the climb at once.",
        slice=attributions.optimised_input,
        check_at_once=attributions.check_at_once,
        check=attribution_witnesses.climbed,
        model=attributions.OptimisedInputAnswer,
        told=AS_EVENTS,
        completed=partial(with_example, example=UNIT | {"layer": "features.3.concat"}),
    ),
    *(
        Figure(
            name=name,
            subject="training",
            path=f"/experiments/{name}",
            model=RunAnswer,
            told=AS_EVENTS,
            page=f"/training?experiment={name}",
            **experiments.fold(name),
        )
        for name in experiments.EXPERIMENTS
    ),
    Figure(
        name="training-step",
        subject="training",
        question=TrainingStepQuestion,
        says="One step of a net that learns: the chain rule from the loss down to any weight, its "
        "gradient of one point beside the mean of the batch, and the update that follows.",
        answer=training_steps.answer,
        check=training_steps.check,
        seconds=LOOKED,
        model=training_steps.TrainingStepAnswer,
        page=STEP_PAGE,
    ),
    Figure(
        name="teach",
        subject="training",
        question=TeachQuestion,
        says="Classes of one's own, taught by a few pictures of each: a new head on features that "
        "stay as they are, beside the same head on untrained features and on pixels; then, if "
        "asked for, the network's last modules trained too.",
        answer=teaching.teach,
        check=teaching_witnesses.lesson,
        seconds=EXPLAINED,
        most_bytes=PICTURES,
        model=teaching.TeachAnswer,
        page="/training/teach",
        completed=with_classes,
    ),
)
FIGURES: dict[str, Figure[Any]] = {row.name: row for row in ROWS}

# What the pictures ask besides: some of their steps, one of their numbers, themselves as text

AS_TEXT = AsText(networks.MEDIA_TYPES)
TIKZ: dict[str, Any] = {"content": {networks.MEDIA_TYPES["tikz"]: {}}}

PARTS: tuple[Figure[Any], ...] = (
    expression(
        name="expression/steps",
        operation="expression_steps",
        question=expressions.ExpressionStepsQuestion,
        says="Some of its steps: each with its formula, its numbers and its sentence.",
        answer=expressions.steps,
        quick=expressions.quick_steps,
        model=ExpressionStepsAnswer,
    ),
    expression(
        name="expression/entry",
        operation="entry",
        question=expressions.EntryQuestion,
        says="One entry of a tensor: which entries it depends on, and what comes back to it.",
        answer=expressions.entry,
        model=EntryAnswer,
    ),
    expression(
        name="expression/paths",
        operation="paths",
        question=expressions.PathsQuestion,
        says="A node's gradient as a sum over its paths to the output (scalar graphs).",
        answer=expressions.paths,
        model=PathsAnswer,
    ),
    expression(
        name="expression/export",
        operation="export",
        question=expressions.ExportQuestion,
        says="The same question as PyTorch code, LaTeX, SVG, JSON or a curl command.",
        answer=expressions.export,
        write=AsText(expressions.MEDIA_TYPES),
        told={"content": {kind: {} for kind in expressions.MEDIA_TYPES.values()}},
    ),
    convolution(
        name="convolution/steps",
        operation="steps",
        question=StepsQuestion,
        says="Some of its steps: every product on the way forward, every share on the way back.",
        answer=convolutions.steps,
        quick=When(convolutions.small, convolutions.steps),
        model=StepsAnswer,
    ),
    network(
        name="network/export",
        operation="export",
        question=networks.NetworkExportQuestion,
        says="A network as PyTorch code, as JSON, or its drawing as SVG or TikZ.",
        answer=networks.export,
        quick=When(networks.small, networks.export),
        write=AS_TEXT,
        told={"content": {kind: {} for kind in networks.MEDIA_TYPES.values()}},
    ),
    network(
        name="architectures/export",
        operation="architectures_export",
        question=networks.ArchitecturesExportQuestion,
        says="Accuracy against multiply-adds of well-known networks, as TikZ.",
        answer=networks.architectures_export,
        quick=networks.architectures_export,
        write=AS_TEXT,
        completed=None,
        told=TIKZ,
    ),
    network(
        name="receptive-field/export",
        operation="receptive_field_export",
        question=fields.FieldExportQuestion,
        says="The cone as TikZ.",
        answer=fields.receptive_field_export,
        quick=When(networks.small, fields.receptive_field_export),
        write=AS_TEXT,
        told=TIKZ,
    ),
    network(
        name="gradient-sizes/export",
        operation="gradient_sizes_export",
        question=fields.GradientSizesExportQuestion,
        says="The curves of one measure as TikZ, measured again: the same settings, the same "
        "numbers.",
        answer=fields.gradient_sizes_export,
        write=AS_TEXT,
        completed=None,
        seconds=MEASURED,
        told=TIKZ,
    ),
    Figure(subject="training", **run_exports.fold()),
    Figure(subject="training", seconds=LOOKED, **run_weights.fold()),
)
