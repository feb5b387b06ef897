"""What an unknown layer is likely to be: a slip of the keys, another library's name, or a layer
that torch has and this does not. A hint never points at another thing: `PReLU` is not `ReLU`."""

from collections.abc import Collection

from app.core.errors import nearest

ALIKE = 0.75  # of 1: how much of two names is the same where one is a slip for the other
MOST_TOLD = 12  # layers where an unknown one is refused
TORCHS = frozenset(
    "AdaptiveAvgPool3d AdaptiveMaxPool3d AlphaDropout "
    "AvgPool3d BatchNorm3d Bilinear CELU ChannelShuffle CircularPad1d "
    "CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d Conv3d "
    "ConvTranspose1d ConvTranspose3d CosineSimilarity CrossMapLRN2d Dropout1d Dropout3d Embedding "
    "EmbeddingBag FeatureAlphaDropout Fold FractionalMaxPool2d FractionalMaxPool3d GLU GRU "
    "GRUCell Hardshrink Hardtanh InstanceNorm1d InstanceNorm3d LPPool1d "
    "LPPool2d LPPool3d LSTM LSTMCell LogSigmoid MaxPool3d MaxUnpool1d "
    "MaxUnpool2d MaxUnpool3d MultiheadAttention PairwiseDistance "
    "PixelUnshuffle RMSNorm RNN RNNCell RReLU ReflectionPad1d ReflectionPad2d ReflectionPad3d "
    "ReplicationPad1d ReplicationPad2d ReplicationPad3d Softmax2d Softmin Softshrink Softsign "
    "SyncBatchNorm Tanhshrink Threshold Transformer TransformerDecoder TransformerDecoderLayer "
    "TransformerEncoder TransformerEncoderLayer Unfold UpsamplingBilinear2d "
    "UpsamplingNearest2d ZeroPad1d ZeroPad3d".split()
)
ELSEWHERE = {  # names of Keras and of papers: torch's for the same
    "Activation": "ReLU", "AveragePooling2D": "AvgPool2d", "BatchNormalization": "BatchNorm2d",
    "Conv2DTranspose": "ConvTranspose2d", "Dense": "Linear",
    "GlobalAveragePooling2D": "AdaptiveAvgPool2d", "MaxPooling2D": "MaxPool2d", "Swish": "SiLU",
    "UpSampling2D": "Upsample", "ZeroPadding2D": "ZeroPad2d",
}  # fmt: skip


def some(names: Collection[str]) -> str:
    """How many layers there are, and the first of them."""
    return f"there are {len(names)}, such as {', '.join([*names][:MOST_TOLD])}"


def absent(name: str) -> str:
    """A sentence that refuses what somebody else's code makes."""
    return (
        f"what `{name[:40]}` makes is not in this text: choose the network by its name, or paste "
        "its class, or what print(model) prints"
    )


def unknown(name: str, known: Collection[str]) -> tuple[str, str | None]:
    """A sentence that refuses a layer, and the name that was meant where that is likely."""
    if name in TORCHS:
        return f"`{name}` of PyTorch is no layer that is known here", None
    meant = ELSEWHERE.get(name)
    if meant in known:
        return f"no layer `{name}`; in PyTorch it is `{meant}`", meant
    near = nearest(name, known, ALIKE)
    if near is None and name.lower().endswith(("1d", "3d")):  # no slip of 2d
        return f"no layer `{name}`", None
    return f"no layer `{name[:40]}`" + (
        f"; did you mean `{near}`?" if near else f"; {some(known)}"
    ), near
