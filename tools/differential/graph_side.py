# SPDX-License-Identifier: MIT
"""Keras' half of the differential test of graphs, as keras_side.py is that of chains.

    python tools/differential/graph_side.py --seed 7 --start 0 --count 100 [--trajectories 30]

The first cases of a run that have weights have a trajectory too: the losses of STEPS steps on the one batch, and the weights after them.
"""

import argparse
import contextlib
import json
import sys
import warnings
from pathlib import Path
from typing import Any

# Not with the quick compilation of keras_side.py, which now and then makes NaN of the gradient of a maximum.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))

import corrected  # noqa: E402, F401
from cases import Draw, np, real, weight  # noqa: E402
from common import jax, keras  # noqa: E402
from graph_cases import graph_case, graph_input, pack, shape_of  # noqa: E402
from graph_models import build  # noqa: E402
from keras.src.backend.common import global_state  # noqa: E402
from keras.src.layers.layer import CallContext  # noqa: E402

STEPS = 20
OPTIMIZERS = [
    {"className": "SGD", "config": {"learningRate": 0.05}},
    {"className": "SGD", "config": {"learningRate": 0.02, "momentum": 0.9, "nesterov": True}},
    # A large epsilon: of a gradient that is zero but for rounding the direction is noise.
    {"className": "Adam", "config": {"learningRate": 0.01, "epsilon": 0.01}},
    {"className": "RMSprop", "config": {"learningRate": 0.01, "epsilon": 0.01}},
]


def begin_at_zero() -> None:
    """Weights are injected: to draw them first takes longer than all the rest."""
    names = ("VarianceScaling", "RandomUniform", "RandomNormal", "Orthogonal")
    for initializer in (getattr(keras.initializers, name) for name in names):
        initializer.__call__ = lambda self, shape, dtype=None, **_: np.zeros(shape, dtype)


begin_at_zero()


def leaves(graph: dict[str, Any], made: Any, path: str = "") -> Any:
    """The layers that have weights, by their path, models taken apart."""
    for name, recipe in graph["layers"].items():
        if recipe.get("className") == "Slice":
            continue
        layer = made.get_layer(name)
        if "calls" in recipe:
            yield from leaves(recipe, layer, f"{path}{name}/")
        elif layer.weights:
            yield f"{path}{name}", layer


@contextlib.contextmanager
def within(model: Any) -> Any:
    """Calls of layers as parts of one call of the model.

    Without it, as in Keras' own training on JAX, each call of a layer forgets the penalties on outputs of those before:
    of a layer that is used more than once the last use alone would count, where on other backends all do.
    """
    model._clear_losses()
    global_state.set_global_attribute("current_call_ctx", CallContext(entry_layer=model))
    try:
        yield
    finally:
        global_state.set_global_attribute("current_call_ctx", None)


def computed(array: Any) -> dict[str, Any]:
    """A result, after checking that no step on the way fell back to float32."""
    if str(array.dtype) != "float64":
        raise TypeError(f"expected float64, received {array.dtype}")
    return pack(np.asarray(array), "floats")


def optimizer_of(recipe: dict[str, Any]) -> Any:
    config = {"learning_rate" if key == "learningRate" else key: value for key, value in recipe["config"].items()}
    return getattr(keras.optimizers, recipe["className"])(**config)


def run(seed: int, index: int, case: dict[str, Any], has_trajectory: bool) -> dict[str, Any]:
    """The case with its data and with what Keras makes of it."""
    draw = Draw(seed, 3, index)
    graph = case["graph"]
    # Keras need not leave timesteps open.
    inputs = [{**given, "shape": list(shape_of(given, given["steps"]))} for given in graph["inputs"]]
    model = build({**graph, "inputs": inputs}, "model")
    several = len(graph["outputs"]) > 1
    result = {"seed": seed, "index": index, **case}
    del result["noEmptyRows"], result["paddedBehind"]

    given = [graph_input(draw, case, each) for each in graph["inputs"]]
    result["inputs"] = [pack(values, how) for values, how in given]
    xs = [values.astype(np.int32) if how == "ids" else real(values) for values, how in given]
    x = xs if len(xs) > 1 else xs[0]

    parts = list(leaves(graph, model))
    result["weights"] = {}
    for path, layer in parts:
        grids = [weight(draw, v.path, v.shape) for v in layer.weights]
        layer.set_weights([real(grid) for grid in grids])
        result["weights"][path] = [pack(grid, "grid") for grid in grids]

    model.compile(optimizer="sgd", loss=["mse"] * len(graph["outputs"]) if several else "mse", loss_weights=case["lossWeights"])
    targets = [draw.grid((case["rows"], *tensor.shape[1:]), 0.7) for tensor in model.outputs]
    result["targets"] = [pack(grid, "grid") for grid in targets]
    ys = [real(grid) for grid in targets]
    y = ys if several else ys[0]
    metrics = [v.value for v in model.metrics_variables]

    def loss(trainable: Any, rest: Any) -> Any:
        with within(model):
            value, (_, predicted, rest, _) = model.compute_loss_and_updates(
                trainable, rest, metrics, x, y, None, training=True,
                optimizer_variables=[v.value for v in model.optimizer.variables],
            )  # fmt: skip
        return value, (predicted, rest)

    trainable = [v.value for v in model.trainable_variables]
    rest = [v.value for v in model.non_trainable_variables]
    step = jax.jit(jax.value_and_grad(loss, has_aux=True)) if trainable else jax.jit(lambda t, r: (loss(t, r), []))
    (value, (outputs, after)), gradients = step(trainable, rest)
    if any("moving_" in v.path for v in model.non_trainable_variables):
        outputs = jax.jit(lambda t, r: model.stateless_call(t, r, x)[0])(trainable, rest)
    outputs = list(outputs) if several else [outputs]
    result["outputs"] = [computed(v) for v in outputs]
    if not all(np.isfinite(each).all() for each in (value, *outputs, *gradients)):
        raise ValueError("NaN or infinity in the loss, the outputs or the gradients")
    result["loss"] = float(value)
    by_id = {id(v): g for v, g in zip(model.trainable_variables, gradients)}
    moved = {id(v): a for v, a in zip(model.non_trainable_variables, after) if "moving_" in v.path}

    def each(values: dict[int, Any]) -> dict[str, Any]:
        return {path: [computed(values[id(v)]) if id(v) in values else None for v in layer.weights] for path, layer in parts}

    result["gradients"] = each(by_id)
    if moved:
        result["after"] = each(moved)
    if has_trajectory and trainable:
        recipe = OPTIMIZERS[index % len(OPTIMIZERS)]
        optimizer = optimizer_of(recipe)
        optimizer.build(model.trainable_variables)
        losses = []
        for _ in range(STEPS):
            (value, (_, rest)), gradients = step(trainable, rest)
            losses.append(float(value))
            optimizer.apply(gradients, model.trainable_variables)
            trainable = [v.value for v in model.trainable_variables]
        for variable, last in zip(model.non_trainable_variables, rest):
            variable.assign(last)
        end = {id(v): v.value for _, layer in parts for v in layer.weights}
        result["trajectory"] = {"optimizer": recipe, "losses": losses, "weights": each(end)}
    return result


def graph_cases(seed: int, start: int, count: int, trajectories: int = 0) -> Any:
    """Cases `start` to `start + count` of a seed with Keras' results, the first that have weights with trajectories."""
    left = trajectories
    for index in range(start, start + count):
        case = graph_case(seed, index)
        try:
            result = run(seed, index, case, left > 0)
            left -= "trajectory" in result
            yield result
        except Exception as error:  # noqa: BLE001: whatever Keras refuses is a fault of the draw, and is reported.
            yield {"seed": seed, "index": index, **case, "refused": f"{type(error).__name__}: {error}"}
        if index % 20 == 19:
            keras.utils.clear_session()
            jax.clear_caches()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--trajectories", type=int, default=0)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    for case in graph_cases(arguments.seed, arguments.start, arguments.count, arguments.trajectories):
        print(json.dumps(case, separators=(",", ":")), flush=True)


if __name__ == "__main__":
    main()
