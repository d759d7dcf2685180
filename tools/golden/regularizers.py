# SPDX-License-Identifier: MIT
"""Regularizers: penalties of given weights, and a trajectory in which the loss includes them."""

from typing import Any

from common import Draw, computed, jax, keras, native, np, number, numbers, pack, write
from models import layers, padded_tokens, random_weights, train
from variants import make

SEED = 28
STEPS = 5
# (name, l1, l2)
KINDS = [("l1", 0.01, 0.0), ("l2", 0.0, 0.03), ("l1_l2", 0.02, 0.004)]


def regularizer(l1: float, l2: float) -> Any:
    """L1L2, or nothing where both are zero."""
    return keras.regularizers.L1L2(l1, l2) if l1 or l2 else None


def model_with(emb: tuple, kernel: tuple, recurrent: tuple, bias: tuple, dense: tuple) -> keras.Model:
    """The small token model with a penalty (l1, l2) on each kind of weight."""
    return keras.Sequential(
        [
            keras.Input((8,), dtype="int32"),
            layers.Embedding(20, 4, embeddings_regularizer=regularizer(*emb)),
            layers.SimpleRNN(
                6,
                kernel_regularizer=regularizer(*kernel),
                recurrent_regularizer=regularizer(*recurrent),
                bias_regularizer=regularizer(*bias),
            ),
            layers.Dense(
                1, activation="sigmoid", kernel_regularizer=regularizer(*dense), bias_regularizer=regularizer(*dense)
            ),
        ]
    )


def orthogonal(draw: Draw) -> dict[str, Any]:
    """Penalties and gradients of given matrices, and five steps of a model that is held orthogonal."""
    penalties = []
    for factor, mode in ((0.01, "rows"), (0.3, "rows"), (0.3, "columns")):
        function = keras.regularizers.OrthogonalRegularizer(factor, mode)
        for shape in [(3, 4), (2, 7), (6, 5)]:
            w = draw.normal(*shape)
            penalties.append(
                {"factor": factor, "mode": mode, "weight": pack(w), "penalty": number(function(keras.ops.convert_to_tensor(native(w)))),
                 "gradient": computed(jax.grad(function)(keras.ops.convert_to_tensor(native(w))))}
            )  # fmt: skip
    weights = [draw.normal(4, 6, scale=0.5), draw.normal(6, 3, scale=0.5)]
    batches = [(draw.normal(5, 4), draw.normal(5, 3))]
    cases = []
    for mode in ("rows", "columns"):
        for kind, options in (("sgd", {"learningRate": 0.1}), ("rmsprop", {})):
            regularized = {"kernel_regularizer": keras.regularizers.OrthogonalRegularizer(0.5, mode), "use_bias": False}
            model = keras.Sequential(
                [keras.Input((4,)), layers.Dense(6, activation="tanh", **regularized), layers.Dense(3, **regularized)]
            )
            loss, final = train(
                model, weights, batches, STEPS, optimizer=make(kind, options), loss="mean_squared_error"
            )
            cases.append(
                {"mode": mode, "factor": 0.5, "optimizer": kind, "options": options, "loss": loss,
                 "finalWeights": [numbers(w) for w in final]}
            )  # fmt: skip
    return {
        "penalties": penalties,
        "weights": [pack(w) for w in weights],
        "batches": [{"x": pack(x), "y": pack(y)} for x, y in batches],
        "cases": cases,
    }


def main() -> None:
    draw = Draw(SEED)
    penalties = []
    for name, l1, l2 in KINDS:
        for shape in [(3, 4), (7,), (5, 33)]:
            w = draw.normal(*shape)
            penalties.append(
                {"name": name, "l1": l1, "l2": l2, "weight": pack(w), "penalty": number(regularizer(l1, l2)(native(w)))}
            )
    none = (0.0, 0.0)
    settings = [
        ("kernel l2", [none, (0.0, 0.01), none, none, none]),
        ("recurrent l1", [none, none, (0.005, 0.0), none, none]),
        ("bias l2", [none, none, none, (0.0, 0.05), none]),
        ("embeddings l2", [(0.0, 0.01), none, none, none, none]),
        ("embeddings l1", [(0.003, 0.0), none, none, none, none]),
        ("all", [(0.001, 0.002), (0.003, 0.004), (0.002, 0.001), (0.004, 0.003), (0.005, 0.006)]),
    ]
    batches = [(padded_tokens(draw, 20, 5, 8), draw.integers(0, 2, 5, 1).astype(np.float32)) for _ in range(2)]
    weights = random_weights(draw, model_with(*[none] * 5))
    cases = []
    for name, (emb, kernel, recurrent, bias, dense) in settings:
        for kind, options in (("sgd", {"learningRate": 0.1}), ("rmsprop", {})):
            model = model_with(emb, kernel, recurrent, bias, dense)
            loss, final = train(
                model, weights, batches, STEPS, optimizer=make(kind, options), loss="binary_crossentropy"
            )
            pairs = {"embeddings": emb, "kernel": kernel, "recurrent": recurrent, "bias": bias, "dense": dense}
            cases.append(
                {"name": name, "penalties": {k: {"l1": v[0], "l2": v[1]} for k, v in pairs.items()}, "optimizer": kind,
                 "options": options, "loss": loss, "finalWeights": [numbers(w) for w in final]}
            )  # fmt: skip
    write(
        "regularizers",
        SEED,
        {
            "penalties": penalties,
            "model": [
                {"layer": "Embedding", "inputDim": 20, "outputDim": 4},
                {"layer": "SimpleRNN", "units": 6},
                {"layer": "Dense", "units": 1, "activation": "sigmoid"},
            ],
            "weights": [pack(w) for w in weights],
            "batches": [{"x": pack(x), "y": pack(y)} for x, y in batches],
            "cases": cases,
            "orthogonal": orthogonal(draw),
        },
    )


main()
