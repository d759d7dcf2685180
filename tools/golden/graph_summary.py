# SPDX-License-Identifier: MIT
"""Summary tables of models that are graphs: Keras 3's as it prints them, Keras 2.2.4's by its rules.

Keras 2.2.4 does not run beside Keras 3, so `keras2_table` states the rules of its print_summary over the nodes of the
Keras 3 model: columns, stops, what a row shows, and that a model's own node counts as its first call.
"""

import math
import os

os.environ["COLUMNS"] = "240"  # Keras' table library cuts lines at the width of the terminal.

import re  # noqa: E402
from typing import Any  # noqa: E402

from common import keras, set_precision, write  # noqa: E402

LINE_LENGTHS = [None, 70]

Graph = dict[str, Any]


def tensor(name: str, shape: list[int | None], dtype: str = "float32") -> Graph:
    """An input."""
    return {"name": name, "shape": shape, "dtype": dtype}


def call(layer: Any, read: list[str], to: list[str], state: list[str] | None = None) -> Graph:
    """A call of a layer: its description, or the name of one that was described before."""
    return {"layer": layer, "from": read, "to": to} | ({"state": state} if state else {})


def layer(kind: str, name: str, **options: Any) -> Graph:
    """A layer in the package's spelling."""
    return {"layer": kind, "name": name} | options


WORDS = tensor("words", [None], "int32")
SEQ = {"returnSequences": True}

CASES: list[Graph] = [
    {
        "name": "a chain",
        "inputs": [tensor("x", [None, 3])],
        "calls": [call(layer("LSTM", "lstm", units=4), ["x"], ["y"]), call(layer("Dense", "dense", units=2), ["y"], ["z"])],
        "outputs": ["z"],
    },
    {
        "name": "two inputs, one of them late",
        "inputs": [WORDS, tensor("meta", [3])],
        "calls": [
            call(layer("Embedding", "embedding", inputDim=1000, outputDim=32), ["words"], ["e"]),
            call(layer("LSTM", "lstm", units=32), ["e"], ["t"]),
            call(layer("Concatenate", "concatenate"), ["t", "meta"], ["c"]),
            call(layer("Dense", "score", units=1), ["c"], ["s"]),
        ],
        "outputs": ["s"],
    },
    {
        "name": "states handed over",
        "inputs": [tensor("source", [None, 71]), tensor("target", [None, 94])],
        "calls": [
            call(layer("LSTM", "lstm", units=256, returnState=True), ["source"], ["y", "h", "c"]),
            call(
                layer("LSTM", "lstm_1", units=256, returnState=True, **SEQ), ["target"], ["z", "h1", "c1"], ["h", "c"]
            ),
            call(layer("Dense", "dense", units=94, activation="softmax"), ["z"], ["p"]),
        ],
        "outputs": ["p"],
    },
    {
        "name": "one layer for two inputs of other lengths",
        "inputs": [tensor("a", [7], "int32"), tensor("b", [9], "int32")],
        "calls": [
            call(layer("Embedding", "embedding", inputDim=100, outputDim=8), ["a"], ["ea"]),
            call("embedding", ["b"], ["eb"]),
            call(layer("GRU", "gru", units=8), ["ea"], ["ga"]),
            call("gru", ["eb"], ["gb"]),
            call(layer("Add", "add"), ["ga", "gb"], ["sum"]),
        ],
        "outputs": ["sum"],
    },
    {
        "name": "a layer after itself",
        "inputs": [tensor("x", [4])],
        "calls": [call(layer("Dense", "dense", units=4), ["x"], ["y"]), call("dense", ["y"], ["z"])],
        "outputs": ["z"],
    },
    {
        "name": "a tensor twice",
        "inputs": [tensor("x", [4])],
        "calls": [call(layer("Add", "add"), ["x", "x"], ["y"])],
        "outputs": ["y"],
    },
    {
        "name": "two outputs beside each other",
        "inputs": [tensor("x", [4])],
        "calls": [
            call(layer("Dense", "one", units=2), ["x"], ["y"]),
            call(layer("Dense", "a_name_that_is_longer_than_its_column_is", units=3, trainable=False), ["x"], ["z"]),
        ],
        "outputs": ["z", "y"],
    },
    {
        "name": "two outputs after each other",
        "inputs": [tensor("x", [4])],
        "calls": [call(layer("Dense", "one", units=2), ["x"], ["y"]), call(layer("Dense", "two", units=3), ["y"], ["z"])],
        "outputs": ["z", "y"],
    },
    {
        "name": "a Sequential for two inputs",
        "inputs": [tensor("left", [7], "int32"), tensor("right", [7], "int32")],
        "calls": [
            call(
                {
                    "layer": "Sequential",
                    "name": "tower",
                    "inputs": [tensor("tokens", [7], "int32")],
                    "layers": [
                        layer("Embedding", "table", inputDim=100, outputDim=8),
                        layer("LSTM", "reader", units=16),
                    ],
                },
                ["left"],
                ["l"],
            ),
            call("tower", ["right"], ["r"]),
            call(layer("Concatenate", "concatenate"), ["l", "r"], ["c"]),
            call(layer("Dense", "dense", units=1), ["c"], ["d"]),
        ],
        "outputs": ["d"],
    },
    {
        "name": "a model of several outputs in a model",
        "inputs": [tensor("x", [None, 3])],
        "calls": [
            call(
                {
                    "layer": "Functional",
                    "name": "encoder",
                    "inputs": [tensor("inner", [None, 3])],
                    "calls": [call(layer("GRU", "gru", units=3, returnState=True, **SEQ), ["inner"], ["y", "h"])],
                    "outputs": ["y", "h"],
                },
                ["x"],
                ["seq", "state"],
            ),
            call(layer("SimpleRNN", "rnn", units=3), ["seq"], ["last"], ["state"]),
        ],
        "outputs": ["last"],
    },
    {
        "name": "a model in a row",
        "inputs": [tensor("x", [5])],
        "calls": [
            call(
                {
                    "layer": "Sequential",
                    "name": "inner",
                    "inputs": [tensor("v", [5])],
                    "layers": [layer("Dense", "a", units=4), layer("Dense", "b", units=3)],
                },
                ["x"],
                ["y"],
            ),
            call(layer("Dense", "head", units=2), ["y"], ["z"]),
        ],
        "outputs": ["z"],
    },
    {
        "name": "residual sums, of which one is late",
        "inputs": [tensor("x", [None, 8])],
        "calls": [
            call(layer("LSTM", "first", units=8, **SEQ), ["x"], ["a"]),
            call(layer("Add", "sum"), ["x", "a"], ["b"]),
            call(layer("LSTM", "second", units=8, **SEQ), ["b"], ["c"]),
            call(layer("Concatenate", "all"), ["x", "b", "c", "a"], ["d"]),
            call(layer("GlobalMaxPooling1D", "pool"), ["d"], ["e"]),
        ],
        "outputs": ["e"],
    },
]


def snake(name: str) -> str:
    """Keras' spelling of an option."""
    return re.sub(r"([A-Z])", lambda m: "_" + m[1].lower(), name)


def make_layer(config: Graph) -> Any:
    """The Keras layer, or model, of a description."""
    if config["layer"] == "Sequential":
        inputs = [make_input(each) for each in config["inputs"]]
        return keras.Sequential(inputs + [make_layer(each) for each in config["layers"]], name=config["name"])
    if config["layer"] == "Functional":
        return make_model(config)
    options = {snake(k): v for k, v in config.items() if k != "layer"}
    return getattr(keras.layers, config["layer"])(**options)


def make_input(config: Graph) -> Any:
    """A Keras input."""
    return keras.Input(tuple(config["shape"]), dtype=config["dtype"], name=config["name"])


def make_model(graph: Graph, name: str | None = None) -> Any:
    """The functional model of a description."""
    tensors = {each["name"]: make_input(each) for each in graph["inputs"]}
    inputs = list(tensors.values())
    layers: dict[str, Any] = {}
    for step in graph["calls"]:
        described = step["layer"]
        if isinstance(described, dict):
            layers[described["name"]] = make_layer(described)
        made = layers[described if isinstance(described, str) else described["name"]]
        read = [tensors[each] for each in step["from"]]
        state = {"initial_state": [tensors[each] for each in step["state"]]} if "state" in step else {}
        given = made(read if len(read) > 1 else read[0], **state)
        for to, value in zip(step["to"], given if isinstance(given, (list, tuple)) else [given]):
            tensors[to] = value
    return keras.Model(inputs, [tensors[each] for each in graph["outputs"]], name=name or graph["name"])


def flat(given: Any) -> list[Any]:
    """A tensor, or several, as a list."""
    return list(given) if isinstance(given, (list, tuple)) else [given]


def keras2_table(model: Any, line_length: int | None) -> str:
    """The table that Keras 2.2.4 prints for the same model."""
    by_depth = list(model._nodes_by_depth.values())
    relevant = [node for nodes in by_depth for node in nodes]
    is_chain = all(len(nodes) == 1 and len(nodes[0].input_tensors) <= 1 for nodes in by_depth)
    is_chain = is_chain and all(
        sum(node in relevant for node in each._inbound_nodes) <= 1 for each in model.layers
    )
    width = line_length or (65 if is_chain else 98)
    stops = [int(width * stop) for stop in ([0.45, 0.85, 1.0] if is_chain else [0.33, 0.55, 0.67, 1.0])]
    lines: list[str] = []

    def print_row(fields: list[Any]) -> None:
        line = ""
        for i, field in enumerate(fields):
            line = (line[:-1] + " " if i > 0 else "") + str(field)
            line = line[: stops[i]]
            line += " " * (stops[i] - len(line))
        lines.append(line)

    def shape_of(each: Any) -> str:
        nodes = [flat(node.output_tensors) for node in each._inbound_nodes]
        if isinstance(each, keras.Model):
            nodes = [each.outputs, *nodes]
        shapes = {str([tuple(t.shape) for t in node]) if len(node) > 1 else str(tuple(node[0].shape)) for node in nodes}
        return shapes.pop() if len(shapes) == 1 else "multiple"

    def kind_of(each: Any) -> str:
        return "Model" if type(each).__name__ == "Functional" else type(each).__name__

    def connections_of(each: Any) -> list[str]:
        found = []
        for node in each._inbound_nodes:
            for read in node.input_tensors if node in relevant else []:
                history = read._keras_history
                own = 1 if isinstance(history.operation, keras.Model) else 0
                found.append(f"{history.operation.name}[{history.node_index + own}][{history.tensor_index}]")
        return found

    lines.append("_" * width)
    print_row(["Layer (type)", "Output Shape", "Param #", "Connected to"][: len(stops)])
    lines.append("=" * width)
    for i, each in enumerate(model.layers):
        connections = connections_of(each) if not is_chain else []
        fields = [f"{each.name} ({kind_of(each)})", shape_of(each), each.count_params(), (connections or [""])[0]]
        print_row(fields[: len(stops)])
        for other in connections[1:]:
            print_row(["", "", "", other])
        lines.append(("=" if i == len(model.layers) - 1 else "_") * width)
    trainable = sum(math.prod(v.shape) for v in model.trainable_weights)
    frozen = sum(math.prod(v.shape) for v in model.non_trainable_weights)
    lines.append(f"Total params: {trainable + frozen:,}")
    lines.append(f"Trainable params: {trainable:,}")
    lines.append(f"Non-trainable params: {frozen:,}")
    lines.append("_" * width)
    return "\n".join(lines)


def main() -> None:
    set_precision("float32")
    cases = []
    for graph in CASES:
        keras.backend.clear_session()
        model = make_model(graph, "model")
        tables = []
        for length in LINE_LENGTHS:
            lines: list[str] = []
            model.summary(line_length=length, print_fn=lines.append)
            tables.append({"lineLength": length, "keras3": "\n".join(lines), "keras2": keras2_table(model, length)})
        cases.append(graph | {"tables": tables})
    write("graph_summary", None, {"cases": cases})


main()
