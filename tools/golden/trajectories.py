# SPDX-License-Identifier: MIT
"""Training of 20 steps with injected weights: the loss of each step and the weights at the end.

Every model is trained with each of VARIANTS and with three of all others, taken in turn; those with penalties and
constraints with every option that surrounds a rule.

`loss` and `finalWeights` are Keras' in float64; `loss32` is the same training in Keras' float32.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from common import Draw, keras, np, numbers, pack, set_precision, write
from models import layer_of, padded_tokens, random_weights, recipe, train
from variants import RULES, SURROUNDED, VARIANTS, Variants, make

SEED = 27
STEPS = 20
BATCHES = 4


Batches = list[tuple[Any, Any]]
TANH, SOFTMAX = {"activation": "tanh"}, {"activation": "softmax"}
BINARY = recipe("Dense", units=1, activation="sigmoid")


def reviews(draw: Draw, rows: int = 6, steps: int = 12, vocabulary: int = 50) -> Batches:
    """Pre-padded tokens, and a label of 0 or 1."""
    return [
        (padded_tokens(draw, vocabulary, rows, steps), draw.integers(0, 2, rows, 1).astype(np.float32))
        for _ in range(BATCHES)
    ]


def tagged(draw: Draw) -> Batches:
    """Pre-padded tokens, and a class per step."""
    return [(padded_tokens(draw, 30, 5, 7), draw.integers(0, 4, 5, 7)) for _ in range(BATCHES)]


def series(draw: Draw) -> Batches:
    """Values without a gap, and one of three classes."""
    return [(draw.normal(8, 9, 4), draw.one_hot(3, 8)) for _ in range(BATCHES)]


def broken_series(draw: Draw) -> Batches:
    """Values with steps of zeros in between, and two numbers per step."""
    result = []
    for _ in range(BATCHES):
        x = draw.normal(6, 7, 3)
        x[draw.rng.random((6, 7)) < 0.4] = 0
        result.append((x, draw.normal(6, 7, 2)))
    return result


def vectors(draw: Draw) -> Batches:
    """Vectors, and two numbers each."""
    return [(draw.normal(7, 5), draw.normal(7, 2)) for _ in range(BATCHES)]


# (name, layers, data, loss); the place in the list seeds the data.
MODELS: list[tuple[str, list[dict], Callable[[Draw], Batches], str]] = [
    ("imdb_like",
     [recipe("Embedding", inputDim=50, outputDim=5), recipe("SimpleRNN", units=7), BINARY],
     reviews, "binary_crossentropy"),
    ("stacked",
     [recipe("SimpleRNN", units=6, returnSequences=True), recipe("SimpleRNN", units=5),
      recipe("Dense", units=3, **SOFTMAX)],
     series, "categorical_crossentropy"),
    ("stacked_tokens",
     [recipe("Embedding", inputDim=30, outputDim=4), recipe("SimpleRNN", units=5, returnSequences=True),
      recipe("SimpleRNN", units=3, returnSequences=True), recipe("Dense", units=4, **SOFTMAX)],
     tagged, "sparse_categorical_crossentropy"),
    ("dense_only", [recipe("Dense", units=8, **TANH), recipe("Dense", units=2)], vectors, "mean_squared_error"),
    ("lstm",
     [recipe("Embedding", inputDim=50, outputDim=5), recipe("LSTM", units=7), BINARY],
     reviews, "binary_crossentropy"),
    ("gru",
     [recipe("Embedding", inputDim=50, outputDim=5), recipe("GRU", units=7), BINARY],
     reviews, "binary_crossentropy"),
    ("gru_reset_before",
     [recipe("GRU", units=6, resetAfter=False, returnSequences=True), recipe("GRU", units=5, resetAfter=False),
      recipe("Dense", units=3, **SOFTMAX)],
     series, "categorical_crossentropy"),
    ("bidirectional_lstm",
     [recipe("Bidirectional", layer=recipe("LSTM", units=4, returnSequences=True)),
      recipe("Bidirectional", layer=recipe("LSTM", units=3), mergeMode="sum"), recipe("Dense", units=3, **SOFTMAX)],
     series, "categorical_crossentropy"),
    ("masked_simple_rnn",
     [recipe("Embedding", inputDim=50, outputDim=5, maskZero=True), recipe("SimpleRNN", units=7), BINARY],
     reviews, "binary_crossentropy"),
    ("masked_lstm_tags",
     [recipe("Embedding", inputDim=30, outputDim=4, maskZero=True), recipe("LSTM", units=5, returnSequences=True),
      recipe("Dense", units=4, **SOFTMAX)],
     tagged, "sparse_categorical_crossentropy"),
    ("masked_gru_regression",
     [recipe("Masking"), recipe("GRU", units=5, returnSequences=True), recipe("Dense", units=2)],
     broken_series, "mean_squared_error"),
    ("masked_bidirectional_lstm",
     [recipe("Embedding", inputDim=50, outputDim=5, maskZero=True),
      recipe("Bidirectional", layer=recipe("LSTM", units=4)), BINARY],
     reviews, "binary_crossentropy"),
]  # fmt: skip


# Penalties of every kind are part of a gradient before it is clipped; constraints come last.
PENALIZED: list[tuple[str, list[dict], Callable[[Draw], Batches], str]] = [
    ("penalized",
     [recipe("Embedding", inputDim=50, outputDim=5, embeddingsRegularizer="l1"),
      recipe("SimpleRNN", units=7, recurrentRegularizer="orthogonal_regularizer", kernelConstraint="unit_norm"),
      recipe("Dense", units=3, kernelRegularizer="l2", activityRegularizer="l2"), BINARY],
     reviews, "binary_crossentropy"),
]  # fmt: skip


def turns(index: int) -> Variants:
    """Three of the other variants for a model."""
    others = RULES + SURROUNDED
    return [others[(3 * index + i) % len(others)] for i in range(3)]


def compute() -> list[dict]:
    """All models with their optimizers."""
    result = []
    for index, (title, config, data, loss) in enumerate(MODELS + PENALIZED):
        variants = VARIANTS + turns(index) if index < len(MODELS) else SURROUNDED
        draw = Draw(SEED * 100 + index)
        batches = data(draw)
        x = batches[0][0]
        dtype = "int32" if x.dtype == np.int32 else keras.config.floatx()
        model = keras.Sequential([keras.Input(x.shape[1:], dtype=dtype), *(layer_of(made) for made in config)])
        weights = random_weights(draw, model)
        runs = []
        for name, kind, options in variants:
            losses, final = train(model, weights, batches, STEPS, optimizer=make(kind, options), loss=loss)
            runs.append(
                {"name": name, "optimizer": kind, "options": options, "loss": losses,
                 "finalWeights": [numbers(w) for w in final]}
            )  # fmt: skip
        result.append(
            {
                "name": title, "layers": config, "inputShape": list(x.shape[1:]),
                "inputs": "tokens" if dtype == "int32" else "values", "loss": loss, "steps": STEPS,
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
    write("trajectories", SEED, {"models": models[: len(MODELS)], "penalized": models[len(MODELS) :]})


main()
