# SPDX-License-Identifier: MIT
"""Keras' half of the differential test: draws cases and prints each with what Keras computes, one JSON line a case.

    python tools/differential/keras_side.py --seed 7 --start 0 --count 100

Keras runs on JAX in float64. Every weight is injected; losses and gradients are those of Keras' own training step
(masks, penalties and moving averages included), with the faults corrected that tools/golden/corrected.py names. A case that Keras itself refuses is printed with "refused".
"""

import argparse
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

# Each configuration is compiled and run a few times: compiling well would take longer than it saves.
os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))

import corrected  # noqa: E402, F401
import numpy as np  # noqa: E402
from cases import DRAWS, Draw, configuration, inputs, pack, real, step_mask, weight  # noqa: E402
from common import jax, keras  # noqa: E402
from models import layer_of  # noqa: E402


class Compiled:
    """One configuration in Keras, compiled once for all its draws."""

    def __init__(self, case: dict[str, Any]) -> None:
        keras.utils.clear_session()
        keras.utils.set_random_seed(1)
        self.case = case
        self.shape = (case["rows"], *case["inputShape"])
        made = [layer_of(recipe) for recipe in case["layers"]]
        if case["kind"] == "call":
            (self.target,) = made
            self.target.build(self.shape)
        else:
            dtype = "int32" if "tokens" in case else keras.config.floatx()
            self.target = keras.Sequential([keras.Input(batch_shape=self.shape, dtype=dtype), *made])
            self.target.compile(optimizer=keras.optimizers.SGD(), loss="mean_squared_error")
            self.step = jax.jit(jax.value_and_grad(self.loss, has_aux=True))

        # Outside training: it is the default of every layer.
        self.forward = jax.jit(self.target.stateless_call)

    def loss(self, trainable: Any, rest: Any, x: Any, y: Any) -> Any:
        """Keras' loss of a training step, and the weights that no gradient reaches after it."""
        value, (_, _, rest, _) = self.target.compute_loss_and_updates(
            trainable, rest, [v.value for v in self.target.metrics_variables], x, y, None, training=True,
            optimizer_variables=[v.value for v in self.target.optimizer.variables],
        )  # fmt: skip
        return value, rest

    def run(self, seed: int, index: int) -> dict[str, Any]:
        """The case with its data and with what Keras makes of it."""
        draw = Draw(seed, 1, index)
        result = {"seed": seed, "index": index, **self.case}
        grids = [weight(draw, v.path, v.shape) for v in self.target.weights]
        result["weights"] = [pack(grid, "grid") for grid in grids]
        for variable, grid in zip(self.target.weights, grids):
            variable.assign(real(grid))
        given = [inputs(draw, self.case) for _ in range(self.case["calls"])]
        tokens = "tokens" in self.case
        result["inputs"] = [pack(values, "ids" if tokens else "grid") for values in given]
        xs = [values.astype(np.int32) if tokens else real(values) for values in given]
        extra = self.extras(draw, result)
        trainable = [v.value for v in self.target.trainable_variables]
        rest = [v.value for v in self.target.non_trainable_variables]
        if len(xs) == 1:
            outputs = [self.forward(trainable, rest, xs[0], **extra)[0]]
        else:
            # States are no variables of the model: only a call outside any compilation carries them on.
            self.reset_states()
            outputs = [self.target.call(x, **extra) for x in xs]
        outputs = [[values] if hasattr(values, "shape") else list(values) for values in outputs]
        result["outputs"] = [[self.computed(v) for v in values] for values in outputs]
        if result.pop("gradients", False):
            self.train(draw, result, xs, trainable, rest)
        return result

    def extras(self, draw: Draw, result: dict[str, Any]) -> dict[str, Any]:
        """An explicit mask and initial states, where the case has them; noted in the result."""
        extra: dict[str, Any] = {}
        rows, steps = self.case["rows"], self.case["inputShape"][0]
        if result.pop("mask", False):
            mask = step_mask(draw, rows, steps)
            result["mask"] = pack(mask, "mask")
            extra["mask"] = mask.astype(bool)
        if result.pop("initialState", False):
            sizes = []
            layers = [self.target] if not hasattr(self.target, "forward_layer") else [
                self.target.forward_layer, self.target.backward_layer
            ]  # fmt: skip
            for layer in layers:
                size = layer.cell.state_size
                sizes += list(size) if isinstance(size, (list, tuple)) else [size]
            grids = [draw.grid((rows, size), 0.5) for size in sizes]
            result["initialState"] = [pack(grid, "grid") for grid in grids]
            extra["initial_state"] = [real(grid) for grid in grids]
        return extra

    def train(self, draw: Draw, result: dict[str, Any], xs: list, trainable: list, rest: list) -> None:
        """Loss and gradients of the last inputs, after predictions of those before."""
        step = self.step
        if len(xs) > 1:
            self.reset_states()
            for x in xs[:-1]:
                self.target.call(x)
            step = jax.value_and_grad(self.loss, has_aux=True)
        targets = draw.grid(result["outputs"][-1][0]["shape"], 0.7)
        result["targets"] = pack(targets, "grid")
        (loss, after), gradients = step(trainable, rest, xs[-1], real(targets))
        if not np.isfinite(loss):
            # Moments over no step at all: Keras divides by zero.
            return
        result["loss"] = float(loss)
        by_path = {v.path: g for v, g in zip(self.target.trainable_variables, gradients)}
        moved = {v.path: a for v, a in zip(self.target.non_trainable_variables, after) if "moving_" in v.path}
        result["gradients"] = [self.optional(by_path.get(v.path)) for v in self.target.weights]
        result["after"] = [self.optional(moved.get(v.path)) for v in self.target.weights]

    def reset_states(self) -> None:
        """Lets every stateful layer begin at zero."""
        for layer in getattr(self.target, "layers", [self.target]):
            for inner in (getattr(layer, "forward_layer", layer), getattr(layer, "backward_layer", layer)):
                if hasattr(inner, "reset_state"):
                    inner.reset_state()

    def optional(self, array: Any) -> Any:
        """A result, or null."""
        return None if array is None else self.computed(array)

    def computed(self, array: Any) -> dict[str, Any]:
        """A result, after checking that no step on the way fell back to float32."""
        if str(array.dtype) != "float64":
            raise TypeError(f"expected float64, received {array.dtype}")
        return pack(np.asarray(array), "floats")


def cases(seed: int, start: int, count: int) -> Any:
    """Cases `start` to `start + count` of a seed with Keras' results."""
    compiled, group = None, -1
    for index in range(start, start + count):
        case = configuration(seed, index)
        try:
            if index // DRAWS != group:
                compiled, group = None, index // DRAWS
                jax.clear_caches()
                compiled = Compiled(case)
            if compiled is not None:
                yield compiled.run(seed, index)
                continue
            reason = "as the one before"
        except Exception as error:  # noqa: BLE001: whatever Keras refuses is a fault of the draw, and is reported.
            reason = f"{type(error).__name__}: {error}"
        yield {"seed": seed, "index": index, **case, "refused": reason}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--count", type=int, required=True)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    for case in cases(arguments.seed, arguments.start, arguments.count):
        print(json.dumps(case, separators=(",", ":")), flush=True)


if __name__ == "__main__":
    main()
