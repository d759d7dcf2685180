# SPDX-License-Identifier: MIT
"""Keras 3's boxed summary tables as printed text, each of a model made after clear_session()."""

import re
from typing import Any

from common import keras, set_precision, write

LINE_LENGTHS = [None, 65, 80, 110]

EMBEDDING = {"layer": "Embedding", "inputDim": 10000, "outputDim": 32}
RNN = {"layer": "SimpleRNN", "units": 32}
FULL = RNN | {"returnSequences": True}
HEAD = {"layer": "Dense", "units": 1, "activation": "sigmoid"}
TOKENS = {"layer": "Input", "shape": [500], "dtype": "int32"}

# (name, layers in the package's spelling, shape given to build(), or None)
MODELS: list[tuple[str, list[dict[str, Any]], list[int | None] | None]] = [
    ("last output, not built", [EMBEDDING, RNN], None),
    ("last output", [EMBEDDING, RNN], [None, None]),
    ("full sequence", [EMBEDDING, FULL], [None, None]),
    ("stack of four", [EMBEDDING, FULL, FULL, FULL, RNN], [None, 500]),
    ("imdb", [EMBEDDING, RNN, HEAD], [None, 500]),
    ("imdb, batch known", [EMBEDDING, RNN, HEAD], [128, 500]),
    ("imdb, input given", [TOKENS, EMBEDDING, RNN, HEAD], None),
    (
        "float sequence, small",
        [
            {"layer": "Input", "shape": [None, 4]},
            {"layer": "SimpleRNN", "units": 3, "returnSequences": True},
            {"layer": "Dropout", "rate": 0.5},
            {"layer": "Activation", "activation": "relu"},
        ],
        None,
    ),
    (
        "flatten, part frozen, a long name",
        [
            {"layer": "Input", "shape": [6, 5]},
            {"layer": "Flatten"},
            {"layer": "Dense", "units": 8, "trainable": False, "name": "a_name_longer_than_its_column"},
            {"layer": "Dense", "units": 2, "activation": "softmax"},
        ],
        None,
    ),
]


def snake(name: str) -> str:
    """Keras' spelling of an option."""
    return re.sub(r"([A-Z])", lambda m: "_" + m[1].lower(), name)


def make(config: dict[str, Any]) -> Any:
    """The Keras layer of a description."""
    options = {snake(k): v for k, v in config.items() if k != "layer"}
    return getattr(keras.layers, config["layer"])(**options)


def main() -> None:
    set_precision("float32")
    cases = []
    for name, config, shape in MODELS:
        keras.backend.clear_session()
        model = keras.Sequential([make(layer) for layer in config])
        if shape is not None:
            model.build(tuple(shape))
        tables = []
        for length in LINE_LENGTHS:
            lines: list[str] = []
            model.summary(line_length=length, print_fn=lines.append)
            tables.append({"lineLength": length, "text": "\n".join(lines)})
        cases.append({"name": name, "layers": config, "build": shape, "tables": tables})
    write("summary", None, {"cases": cases})


main()
