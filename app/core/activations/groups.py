"""Layers that are looked at as one: a convolution, its batch norm, its ReLU."""

from app.core.networks.network import Network, analyse


def heads(network: Network) -> list[str]:
    """For each layer the one that its group begins with: itself, or the one it is in place of."""
    sources = analyse(network).sources
    found: list[str] = []
    for i, node in enumerate(network.layers):
        before = sources[i][0]
        found.append(found[before] if node.layer.in_place and before >= 0 else node.name)
    return found


def ends(network: Network) -> list[str]:
    """The last layer of each group. Those that only put others' numbers together are no group."""
    layers = {node.name: node.layer for node in network.layers}
    last = dict(zip(heads(network), layers, strict=True))
    return [
        name
        for head, name in last.items()
        if layers[head].channels != "stacked" and layers[head].places != "moved"
    ]
