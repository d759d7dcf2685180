# SPDX-License-Identifier: MIT
"""The optimizers that goldens are taken with: options in the package's spelling, and the same made in Keras."""

import re
from typing import Any

from common import keras

CLASSES = {
    "sgd": keras.optimizers.SGD, "rmsprop": keras.optimizers.RMSprop, "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW, "nadam": keras.optimizers.Nadam, "adamax": keras.optimizers.Adamax,
    "adagrad": keras.optimizers.Adagrad, "adadelta": keras.optimizers.Adadelta, "lion": keras.optimizers.Lion,
}  # fmt: skip
NAMES = {"beta1": "beta_1", "beta2": "beta_2"}

Variants = list[tuple[str, str, dict[str, Any]]]


def schedule(name: str, **config: Any) -> dict[str, Any]:
    """A schedule as plain data, options in the package's spelling."""
    return {"className": name, "config": config}


# (name, kind, options); what is not named has Keras' default.
VARIANTS: Variants = [
    ("sgd", "sgd", {"learningRate": 0.05}),
    ("sgd_momentum", "sgd", {"learningRate": 0.02, "momentum": 0.9}),
    ("sgd_nesterov", "sgd", {"learningRate": 0.02, "momentum": 0.8, "nesterov": True}),
    ("rmsprop", "rmsprop", {}),
    ("rmsprop_momentum", "rmsprop", {"momentum": 0.7}),
    ("rmsprop_centered", "rmsprop", {"centered": True, "learningRate": 0.002}),
    ("adam", "adam", {}),
    ("adam_amsgrad", "adam", {"amsgrad": True, "learningRate": 0.004}),
]

MORE: Variants = [
    ("sgd_defaults", "sgd", {}),
    ("rmsprop_all", "rmsprop",
     {"learningRate": 0.01, "rho": 0.8, "momentum": 0.5, "epsilon": 1e-4, "centered": True}),
    ("adam_all", "adam", {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4, "amsgrad": True}),
]  # fmt: skip

RULES: Variants = [
    ("adamw", "adamw", {"learningRate": 0.01}),
    ("nadam", "nadam", {"learningRate": 0.004}),
    ("adamax", "adamax", {"learningRate": 0.004}),
    ("adagrad", "adagrad", {"learningRate": 0.05}),
    ("adadelta", "adadelta", {"learningRate": 1.0}),
    ("lion", "lion", {}),
]

# The rules with every option of their own.
RULES_ALL: Variants = [
    ("adamw_all", "adamw", {"learningRate": 0.02, "weightDecay": 0.1, "amsgrad": True, "beta1": 0.7, "epsilon": 1e-3}),
    ("nadam_all", "nadam", {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.9, "epsilon": 1e-3}),
    ("adamax_all", "adamax", {"learningRate": 0.01, "beta1": 0.7, "beta2": 0.9, "epsilon": 1e-3}),
    ("adagrad_all", "adagrad", {"learningRate": 0.1, "initialAccumulatorValue": 0.5, "epsilon": 1e-2}),
    ("adadelta_all", "adadelta", {"learningRate": 0.5, "rho": 0.8, "epsilon": 1e-3}),
    ("lion_all", "lion", {"learningRate": 0.002, "beta1": 0.7, "beta2": 0.8}),
]  # fmt: skip

COSINE = schedule("CosineDecay", initialLearningRate=0.001, decaySteps=12, alpha=0.1, warmupTarget=0.02, warmupSteps=3)
FALLING = schedule("ExponentialDecay", initialLearningRate=0.05, decaySteps=4, decayRate=0.5)

# What surrounds a rule, alone and together.
SURROUNDED: Variants = [
    ("sgd_decay", "sgd", {"learningRate": 0.05, "weightDecay": 0.2}),
    ("sgd_clipnorm", "sgd", {"learningRate": 0.05, "momentum": 0.9, "clipnorm": 0.7}),
    ("sgd_clipvalue", "sgd", {"learningRate": 0.05, "clipvalue": 0.3}),
    ("sgd_global_clipnorm", "sgd", {"learningRate": 0.05, "globalClipnorm": 0.9}),
    ("adam_global_clipnorm", "adam", {"learningRate": 0.01, "globalClipnorm": 0.5}),
    ("rmsprop_decay_clipnorm", "rmsprop", {"learningRate": 0.01, "weightDecay": 0.3, "clipnorm": 0.5}),
    ("sgd_scaled", "sgd", {"learningRate": 0.05, "lossScaleFactor": 1024.0}),
    ("adam_ema", "adam", {"learningRate": 0.02, "useEma": True, "emaMomentum": 0.8}),
    ("sgd_ema_overwrite", "sgd",
     {"learningRate": 0.05, "momentum": 0.5, "useEma": True, "emaMomentum": 0.6, "emaOverwriteFrequency": 3}),
    ("sgd_accumulate", "sgd", {"learningRate": 0.1, "momentum": 0.9, "gradientAccumulationSteps": 3}),
    ("adam_accumulate", "adam", {"learningRate": 0.02, "gradientAccumulationSteps": 2}),
    ("nadam_accumulate", "nadam", {"learningRate": 0.02, "gradientAccumulationSteps": 2}),
    ("sgd_exponential", "sgd", {"learningRate": FALLING, "momentum": 0.5}),
    ("adamw_cosine", "adamw", {"learningRate": COSINE, "weightDecay": 0.1}),
    ("rmsprop_everything", "rmsprop",
     {"learningRate": COSINE, "momentum": 0.5, "centered": True, "weightDecay": 0.2, "globalClipnorm": 0.8,
      "useEma": True, "emaMomentum": 0.7, "emaOverwriteFrequency": 2, "lossScaleFactor": 8.0,
      "gradientAccumulationSteps": 3}),
    ("adagrad_everything", "adagrad",
     {"learningRate": FALLING, "weightDecay": 0.2, "clipvalue": 0.5, "useEma": True, "emaMomentum": 0.7,
      "gradientAccumulationSteps": 2}),
]  # fmt: skip


def snake(key: str) -> str:
    """Keras' spelling of an option."""
    return NAMES.get(key) or re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), key)


def make_schedule(data: dict[str, Any]) -> Any:
    """The Keras schedule of plain data."""
    schedules = keras.optimizers.schedules
    return getattr(schedules, data["className"])(**{snake(key): value for key, value in data["config"].items()})


def make(kind: str, options: dict[str, Any]) -> Any:
    """The Keras optimizer of a variant."""
    return CLASSES[kind](
        **{snake(key): make_schedule(value) if isinstance(value, dict) else value for key, value in options.items()}
    )
