# SPDX-License-Identifier: MIT
"""What every golden script shares: the backend, random float32 data, compact JSON with its provenance.

Inputs and weights are random float32 values. Unless a script says otherwise Keras computes on them in float64, so that
a golden differs from the truth by its nine printed digits only, and a comparison measures our own rounding.
An array is written as {"shape": [...], "data": [flat, row-major]}.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import jax  # noqa: E402

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras.src.backend.common import dtypes  # noqa: E402

OUT = Path(__file__).resolve().parents[2] / "test" / "golden"
DIGITS = 9


def set_precision(floatx: str) -> None:
    """Chooses the float type that Keras computes in; before anything is computed."""
    jax.config.update("jax_enable_x64", floatx == "float64")
    # Outside TensorFlow Keras turns float64 results of promotion into float32; in double precision they stay.
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = floatx
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(floatx)


set_precision("float64")


class Draw:
    """Random values from one seed; floats are rounded to float32, so that both sides start from the same numbers."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = np.random.default_rng(seed)

    def normal(self, *shape: int, scale: float = 1.0) -> np.ndarray:
        """Normal values with the given standard deviation."""
        return (self.rng.standard_normal(shape) * scale).astype(np.float32)

    def uniform(self, low: float, high: float, *shape: int) -> np.ndarray:
        """Uniform values in [low, high)."""
        return self.rng.uniform(low, high, shape).astype(np.float32)

    def integers(self, low: int, high: int, *shape: int) -> np.ndarray:
        """Integers in [low, high)."""
        return self.rng.integers(low, high, shape).astype(np.int32)

    def probabilities(self, *shape: int) -> np.ndarray:
        """Rows that sum to 1 along the last axis, well inside (0, 1)."""
        raw = self.rng.uniform(0.1, 1.0, shape)
        return (raw / raw.sum(axis=-1, keepdims=True)).astype(np.float32)

    def one_hot(self, classes: int, *shape: int) -> np.ndarray:
        """One-hot rows of random classes."""
        return np.eye(classes, dtype=np.float32)[self.integers(0, classes, *shape)]


def native(array: np.ndarray) -> np.ndarray:
    """The array in the float type that Keras computes in; integers stay as they are."""
    array = np.asarray(array)
    return array.astype(keras.config.floatx()) if array.dtype.kind == "f" else array


def number(value: Any) -> float | int:
    """A number with nine significant digits; a whole one as an integer."""
    short = float(f"{float(value):.{DIGITS}g}")
    if not np.isfinite(short):
        raise ValueError(f"a golden holds finite numbers only, received {value}")
    return int(short) if short == int(short) and abs(short) < 2**53 else short


def json_number(value: float) -> float | str:
    """A number; NaN and the infinities, which JSON lacks, as texts that JavaScript's `Number` reads."""
    if np.isfinite(value):
        return value
    return "NaN" if np.isnan(value) else f"{'-' if value < 0 else ''}Infinity"


def worst(value: float, options: dict[str, Any]) -> float:
    """The value that a callback watches; for NaN the worst number of all."""
    is_max = options.get("mode", "auto") == "max" or "accuracy" in options.get("monitor", "")
    return (-np.inf if is_max else np.inf) if np.isnan(value) else value


def computed(array: Any) -> dict[str, Any]:
    """A result as {"shape", "data"}, after checking that no step on the way fell back to float32."""
    if str(array.dtype) != keras.config.floatx():
        raise TypeError(f"expected {keras.config.floatx()}, received {array.dtype}")
    return pack(array)


def pack(array: Any) -> dict[str, Any]:
    """An array as {"shape", "data"}."""
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": [number(v) for v in array.ravel()]}


def numbers(values: Any) -> list[float | int]:
    """A flat list of numbers."""
    return [number(v) for v in np.asarray(values).ravel()]


def provenance(seed: int | None) -> dict[str, Any]:
    """How a golden came to be."""
    script = Path(sys.argv[0]).name
    return {
        "keras": keras.__version__,
        "backend": keras.config.backend(),
        "backendVersion": jax.__version__,
        "numpy": np.__version__,
        "floatx": keras.config.floatx(),
        "seed": seed,
        "command": f"python tools/golden/{script}",
    }


def write(name: str, seed: int | None, content: dict[str, Any]) -> None:
    """Writes test/golden/NAME.json: one line per case, so that a difference can be read."""
    OUT.mkdir(parents=True, exist_ok=True)
    parts = ['"provenance":' + json.dumps(provenance(seed), separators=(",", ":"))]
    for key, value in content.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            lines = ",\n".join(json.dumps(v, separators=(",", ":")) for v in value)
            parts.append(f"{json.dumps(key)}:[\n{lines}\n]")
        else:
            parts.append(f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}")
    file = OUT / f"{name}.json"
    file.write_text("{\n" + ",\n".join(parts) + "\n}\n")
    print(f"{file.relative_to(OUT.parents[1])}: {file.stat().st_size / 1024:.0f} KB")


def state_of(layer: Any) -> list[Any]:
    """The values of a layer's weights that no gradient reaches (seed states)."""
    return [v.value for v in layer.non_trainable_variables]
