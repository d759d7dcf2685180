# SPDX-License-Identifier: MIT
"""Training of 20 steps with injected weights: the loss of each step and the weights at the end, for every optimizer.

`loss` and `finalWeights` are Keras' in float64; `loss32` is the same training in Keras' float32.
"""

import json
import subprocess
import sys
from typing import Any

from common import Draw, keras, np, numbers, pack, set_precision, write
from models import layers, padded_tokens, random_weights, train
from variants import VARIANTS, make

SEED = 27
STEPS = 20
BATCHES = 4


def imdb_like(draw: Draw) -> tuple[Any, list, str, list[dict]]:
    """Embedding(50, 5) -> SimpleRNN(7) -> Dense(1, sigmoid) on pre-padded tokens."""
    model = keras.Sequential(
        [keras.Input((12,), dtype="int32"), layers.Embedding(50, 5), layers.SimpleRNN(7), layers.Dense(1, activation="sigmoid")]
    )
    batches = [
        (padded_tokens(draw, 50, 6, 12), draw.integers(0, 2, 6, 1).astype(np.float32)) for _ in range(BATCHES)
    ]
    config = [
        {"layer": "Embedding", "inputDim": 50, "outputDim": 5},
        {"layer": "SimpleRNN", "units": 7},
        {"layer": "Dense", "units": 1, "activation": "sigmoid"},
    ]
    return model, batches, "binary_crossentropy", config


def stacked(draw: Draw) -> tuple[Any, list, str, list[dict]]:
    """SimpleRNN(6, sequences) -> SimpleRNN(5) -> Dense(3, softmax) on float sequences."""
    model = keras.Sequential(
        [
            keras.Input((9, 4)),
            layers.SimpleRNN(6, return_sequences=True),
            layers.SimpleRNN(5),
            layers.Dense(3, activation="softmax"),
        ]
    )
    batches = [(draw.normal(8, 9, 4), draw.one_hot(3, 8)) for _ in range(BATCHES)]
    config = [
        {"layer": "SimpleRNN", "units": 6, "returnSequences": True},
        {"layer": "SimpleRNN", "units": 5},
        {"layer": "Dense", "units": 3, "activation": "softmax"},
    ]
    return model, batches, "categorical_crossentropy", config


def stacked_tokens(draw: Draw) -> tuple[Any, list, str, list[dict]]:
    """Embedding(30, 4) -> SimpleRNN(5, sequences) -> SimpleRNN(3, sequences) -> Dense(4, softmax): a class per step."""
    model = keras.Sequential(
        [
            keras.Input((7,), dtype="int32"),
            layers.Embedding(30, 4),
            layers.SimpleRNN(5, return_sequences=True),
            layers.SimpleRNN(3, return_sequences=True),
            layers.Dense(4, activation="softmax"),
        ]
    )
    batches = [(padded_tokens(draw, 30, 5, 7), draw.integers(0, 4, 5, 7)) for _ in range(BATCHES)]
    config = [
        {"layer": "Embedding", "inputDim": 30, "outputDim": 4},
        {"layer": "SimpleRNN", "units": 5, "returnSequences": True},
        {"layer": "SimpleRNN", "units": 3, "returnSequences": True},
        {"layer": "Dense", "units": 4, "activation": "softmax"},
    ]
    return model, batches, "sparse_categorical_crossentropy", config


def dense_only(draw: Draw) -> tuple[Any, list, str, list[dict]]:
    """Dense(8, tanh) -> Dense(2): a regression."""
    model = keras.Sequential([keras.Input((5,)), layers.Dense(8, activation="tanh"), layers.Dense(2)])
    batches = [(draw.normal(7, 5), draw.normal(7, 2)) for _ in range(BATCHES)]
    config = [{"layer": "Dense", "units": 8, "activation": "tanh"}, {"layer": "Dense", "units": 2}]
    return model, batches, "mean_squared_error", config


MODELS = [imdb_like, stacked, stacked_tokens, dense_only]


def compute() -> list[dict]:
    """All models with all optimizers."""
    result = []
    for index, build in enumerate(MODELS):
        draw = Draw(SEED * 100 + index)
        model, batches, loss, config = build(draw)
        weights = random_weights(draw, model)
        runs = []
        for name, kind, options in VARIANTS:
            losses, final = train(model, weights, batches, STEPS, optimizer=make(kind, options), loss=loss)
            runs.append(
                {"name": name, "optimizer": kind, "options": options, "loss": losses,
                 "finalWeights": [numbers(w) for w in final]}
            )  # fmt: skip
        result.append(
            {
                "name": build.__name__, "layers": config, "inputShape": list(batches[0][0].shape[1:]),
                "inputs": "tokens" if batches[0][0].dtype == np.int32 else "values", "loss": loss, "steps": STEPS,
                "weights": [pack(w) for w in weights],
                "batches": [{"x": pack(x), "y": pack(y)} for x, y in batches], "runs": runs,
            }  # fmt: skip
        )
    return result


def main() -> None:
    if "--float32" in sys.argv:
        set_precision("float32")
        losses = [[run["loss"] for run in model["runs"]] for model in compute()]
        print(json.dumps(losses))
        return
    child = subprocess.run([sys.executable, __file__, "--float32"], capture_output=True, text=True, check=True)
    single = json.loads(child.stdout.strip().splitlines()[-1])
    models = compute()
    worst = 0.0
    for model, lists in zip(models, single):
        for run, loss32 in zip(model["runs"], lists):
            run["loss32"] = loss32
            worst = max(worst, max(abs(a - b) / abs(b) for a, b in zip(loss32, run["loss"])))
    print(f"largest relative difference of Keras' float32 losses: {worst:.2g}")
    write("trajectories", SEED, {"models": models})


main()
