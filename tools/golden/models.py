# SPDX-License-Identifier: MIT
"""Small models with injected weights and the training of a few steps that several goldens record."""

import re
from typing import Any

from common import Draw, keras, native, np, number

layers = keras.layers

# Initializers to replace by zeros, which are quickest: the weights are injected.
INITIALIZED = {
    "Embedding": ["embeddings"], "Dense": ["kernel"], "Conv1D": ["kernel"], "SimpleRNN": ["kernel", "recurrent"],
    "LSTM": ["kernel", "recurrent"], "GRU": ["kernel", "recurrent"],
}  # fmt: skip


def snake(name: str) -> str:
    """Keras' spelling of an option."""
    return re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), name)


def recipe(name: str, **config: Any) -> dict[str, Any]:
    """A layer and its options in the package's spelling, as goldens hold them."""
    return {"className": name, "config": config}


def layer_of(made: dict[str, Any]) -> Any:
    """The Keras layer of a recipe; its weights begin as zeros."""
    config = {
        snake(key): layer_of(value) if isinstance(value, dict) else value for key, value in made["config"].items()
    }
    for name in INITIALIZED.get(made["className"], []):
        config[f"{name}_initializer"] = "zeros"
    return getattr(layers, made["className"])(**config)


def padded_tokens(draw: Draw, vocabulary: int, rows: int, steps: int) -> np.ndarray:
    """Token rows that begin with a different number of zeros each; one is full, one is nearly all padding."""
    tokens = draw.integers(1, vocabulary, rows, steps)
    lengths = draw.integers(1, steps, rows)
    lengths[0], lengths[1] = steps, 1
    for row, length in enumerate(lengths):
        tokens[row, : steps - length] = 0
    return tokens


def random_weights(draw: Draw, model: keras.Model) -> list[np.ndarray]:
    """A random value for every weight, of a size that keeps activations away from saturation."""
    result = []
    for weight in model.weights:
        rank2 = len(weight.shape) == 2
        scale = 0.5 if "embeddings" in weight.path else (0.8 / weight.shape[0] ** 0.5 if rank2 else 0.2)
        result.append(draw.normal(*weight.shape, scale=scale))
    return result


def train(
    model: keras.Model, weights: list[np.ndarray], batches: list[tuple[np.ndarray, np.ndarray]], steps: int, **compile: Any
) -> tuple[list[Any], list[np.ndarray]]:
    """Loss before the update of each step, the batches taken in turn, and the weights at the end."""
    model.set_weights([native(w) for w in weights])
    model.compile(**compile)
    loss = []
    for step in range(steps):
        x, y = batches[step % len(batches)]
        value = model.train_on_batch(native(x), native(y))
        loss.append(number(value[0] if isinstance(value, (list, tuple)) else value))
    return loss, [np.asarray(w) for w in model.get_weights()]
