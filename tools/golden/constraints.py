# SPDX-License-Identifier: MIT
"""Constraints: what they make of given weights, and trajectories in which they hold after each step."""

from typing import Any

from common import Draw, computed, keras, native, numbers, np, pack, write
from models import layers, padded_tokens, random_weights, train
from variants import make

SEED = 31
STEPS = 5
CLASSES = {
    "max_norm": keras.constraints.MaxNorm,
    "non_neg": keras.constraints.NonNeg,
    "unit_norm": keras.constraints.UnitNorm,
    "min_max_norm": keras.constraints.MinMaxNorm,
}
NAMES = {"maxValue": "max_value", "minValue": "min_value"}


def constraint(config: dict[str, Any] | None) -> Any:
    """The Keras constraint of a config of the seam, or None."""
    if config is None:
        return None
    options = {NAMES.get(key, key): value for key, value in config.items() if key != "kind"}
    return CLASSES[config["kind"]](**options)


def norms(axis: int) -> list[dict[str, Any]]:
    """Every constraint of norms along an axis."""
    return [
        {"kind": "max_norm", "maxValue": 1.5, "axis": axis},
        {"kind": "unit_norm", "axis": axis},
        {"kind": "min_max_norm", "minValue": 1.0, "maxValue": 1.75, "rate": 1.0, "axis": axis},
        {"kind": "min_max_norm", "minValue": 0.5, "maxValue": 1.25, "rate": 0.75, "axis": axis},
    ]


def model_with(emb: Any, kernel: Any, recurrent: Any, bias: Any, dense: Any) -> keras.Model:
    """The small token model with a constraint on each kind of weight."""
    return keras.Sequential(
        [
            keras.Input((8,), dtype="int32"),
            layers.Embedding(20, 4, embeddings_constraint=constraint(emb)),
            layers.SimpleRNN(
                6,
                kernel_constraint=constraint(kernel),
                recurrent_constraint=constraint(recurrent),
                bias_constraint=constraint(bias),
            ),
            layers.Dense(1, activation="sigmoid", kernel_constraint=constraint(dense), bias_constraint=constraint(dense)),
        ]
    )


def main() -> None:
    draw = Draw(SEED)
    values = []
    for shape in [(5, 4), (7,), (3, 2, 4)]:
        weight = draw.normal(*shape)
        configs = [{"kind": "non_neg"}] + [config for axis in range(-1, len(shape)) for config in norms(axis)]
        for config in configs:
            values.append(
                {"constraint": config, "weight": pack(weight), "result": computed(constraint(config)(native(weight)))}
            )
    none = None
    settings = [
        ("embeddings to norm 1", [{"kind": "unit_norm", "axis": 1}, none, none, none, none]),
        ("kernel within a norm", [none, {"kind": "max_norm", "maxValue": 0.75, "axis": 0}, none, none, none]),
        ("recurrent kernel by rows", [none, none, {"kind": "min_max_norm", "minValue": 0.5, "maxValue": 0.75, "rate": 0.5, "axis": 1}, none, none]),
        ("bias not negative", [none, none, none, {"kind": "non_neg"}, none]),
        ("vectors too", [none, none, none, {"kind": "unit_norm", "axis": 0}, {"kind": "max_norm", "maxValue": 0.25, "axis": -1}]),
        ("all", [{"kind": "max_norm", "maxValue": 1.0, "axis": 0}, *[{"kind": "non_neg"}] * 4]),
    ]  # fmt: skip
    batches = [(padded_tokens(draw, 20, 5, 8), draw.integers(0, 2, 5, 1).astype(np.float32)) for _ in range(2)]
    weights = random_weights(draw, model_with(*[none] * 5))
    cases = []
    for name, (emb, kernel, recurrent, bias, dense) in settings:
        for kind, options in (("sgd", {"learningRate": 0.1}), ("adam", {})):
            model = model_with(emb, kernel, recurrent, bias, dense)
            loss, final = train(
                model, weights, batches, STEPS, optimizer=make(kind, options), loss="binary_crossentropy"
            )
            cases.append(
                {"name": name, "constraints": [emb, kernel, recurrent, bias, dense, dense], "optimizer": kind,
                 "options": options, "loss": loss, "finalWeights": [numbers(w) for w in final]}
            )  # fmt: skip
    write(
        "constraints",
        SEED,
        {
            "values": values,
            "model": [
                {"layer": "Embedding", "inputDim": 20, "outputDim": 4},
                {"layer": "SimpleRNN", "units": 6},
                {"layer": "Dense", "units": 1, "activation": "sigmoid"},
            ],
            "weights": [pack(w) for w in weights],
            "batches": [{"x": pack(x), "y": pack(y)} for x, y in batches],
            "cases": cases,
        },
    )


main()
