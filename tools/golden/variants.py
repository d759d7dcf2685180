# SPDX-License-Identifier: MIT
"""The optimizers that goldens are taken with: options in the package's spelling and in Keras'."""

from typing import Any

from common import keras

CLASSES = {"sgd": keras.optimizers.SGD, "rmsprop": keras.optimizers.RMSprop, "adam": keras.optimizers.Adam}
NAMES = {"learningRate": "learning_rate", "beta1": "beta_1", "beta2": "beta_2"}

# (name, kind, options); what is not named has Keras' default.
VARIANTS: list[tuple[str, str, dict[str, Any]]] = [
    ("sgd", "sgd", {"learningRate": 0.05}),
    ("sgd_momentum", "sgd", {"learningRate": 0.02, "momentum": 0.9}),
    ("sgd_nesterov", "sgd", {"learningRate": 0.02, "momentum": 0.8, "nesterov": True}),
    ("rmsprop", "rmsprop", {}),
    ("rmsprop_momentum", "rmsprop", {"momentum": 0.7}),
    ("rmsprop_centered", "rmsprop", {"centered": True, "learningRate": 0.002}),
    ("adam", "adam", {}),
    ("adam_amsgrad", "adam", {"amsgrad": True, "learningRate": 0.004}),
]

MORE: list[tuple[str, str, dict[str, Any]]] = [
    ("sgd_defaults", "sgd", {}),
    ("rmsprop_all", "rmsprop",
     {"learningRate": 0.01, "rho": 0.8, "momentum": 0.5, "epsilon": 1e-4, "centered": True}),
    ("adam_all", "adam", {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4, "amsgrad": True}),
]  # fmt: skip


def make(kind: str, options: dict[str, Any]) -> Any:
    """The Keras optimizer of a variant."""
    return CLASSES[kind](**{NAMES.get(key, key): value for key, value in options.items()})
