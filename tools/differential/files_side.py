# SPDX-License-Identifier: MIT
"""Keras' half of the differential test of files: makes random models, and opens what the package wrote of them.

Reads one JSON command a line from stdin and answers each with one line:

- `make` {seed, index, folder}: draws the model of a case (chains where the index is even, graphs where it is odd), trains
  it for a step, saves it as `keras.keras` and `keras.weights.h5`, and goes on training for another step;
- `check` {path, weights}: opens a file of the package, which must be the model of the last `make` as it was saved: the same
  weights, and what it predicts and the next step are what they were; `weights` is a `.weights.h5` of the same;
- `pass` {path, out}: opens a file of the package and saves it again.

KERAS_BACKEND chooses the backend. Keras computes in float32, as it does for its users.
"""

import json
import os
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))

import common  # noqa: E402

common.set_precision("float32")

import corrected  # noqa: E402, F401
from cases import Draw, inputs, np, pack, real, weight  # noqa: E402
from cases import model as draw_model  # noqa: E402
from common import keras  # noqa: E402
from graph_cases import graph_case, graph_input, shape_of  # noqa: E402
from graph_models import build  # noqa: E402
from models import layer_of  # noqa: E402

NOISE = ("Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout")


def optimizers() -> list[Any]:
    """Large epsilons: of a gradient that is zero but for rounding the direction is noise."""
    made, schedules = keras.optimizers, keras.optimizers.schedules
    return [
        made.SGD(0.05),
        made.SGD(0.02, momentum=0.9, nesterov=True),
        made.Adam(0.01, epsilon=0.01),
        made.Adam(schedules.ExponentialDecay(0.01, 2, 0.5), epsilon=0.01, amsgrad=True),
        made.RMSprop(0.01, epsilon=0.01),
        made.RMSprop(0.01, epsilon=0.01, momentum=0.5, centered=True),
        made.AdamW(0.01, epsilon=0.01, weight_decay=0.01),
        made.Nadam(0.01, epsilon=0.01),
        made.Adamax(0.01, epsilon=0.01),
        made.Adadelta(0.5, epsilon=0.01),
        made.Adagrad(0.05, epsilon=0.01),
        made.Lion(1e-5),
        made.SGD(schedules.PiecewiseConstantDecay([1, 3], [0.05, 0.02, 0.01]), momentum=0.5, clipnorm=0.5),
        made.Adam(schedules.CosineDecay(0.01, 10, warmup_target=0.02, warmup_steps=3), epsilon=0.01, use_ema=True),
        made.SGD(0.05, gradient_accumulation_steps=2),
        made.Adam(schedules.PolynomialDecay(0.01, 5), epsilon=0.01, global_clipnorm=1.0),
        made.SGD(schedules.InverseTimeDecay(0.05, 2, 0.5), clipvalue=0.1),
        made.SGD(schedules.CosineDecayRestarts(0.05, 3)),
    ]


def begin_at_zero() -> None:
    """Weights are injected: to draw them first takes longer than all the rest."""
    for name in ("VarianceScaling", "RandomUniform", "RandomNormal", "Orthogonal"):
        getattr(keras.initializers, name).__call__ = lambda self, shape, dtype=None, **_: np.zeros(shape, dtype)


begin_at_zero()


def classes_in(recipe: Any) -> Any:
    """Names of all classes in a recipe."""
    if isinstance(recipe, dict):
        if "className" in recipe:
            yield recipe["className"]
        for item in recipe.values():
            yield from classes_in(item)
    elif isinstance(recipe, list):
        for item in recipe:
            yield from classes_in(item)


def without_differences(graph: dict[str, Any]) -> None:
    """
    What Keras computes differently (docs/keras_differences.md): on JAX the penalty on outputs of a layer that is used
    twice counts once; a last output is zero where the walk ends in a masked timestep.
    """
    for name, recipe in graph["layers"].items():
        for config in (recipe.get("config", {}), recipe.get("config", {}).get("layer", {}).get("config", {})):
            if not config.get("returnSequences"):
                config.pop("zeroOutputForMask", None)
        if "calls" in recipe:
            without_differences(recipe)
            for inner in recipe["layers"].values():
                inner.get("config", {}).pop("activityRegularizer", None)
        elif sum(use["layer"] == name for use in graph["calls"]) > 1:
            for config in (recipe["config"], recipe["config"].get("layer", {}).get("config", {})):
                config.pop("activityRegularizer", None)


class Case:
    """A model, its data, and what it was when it was saved."""

    def __init__(self, seed: int, index: int, folder: str) -> None:
        keras.utils.clear_session()
        keras.utils.set_random_seed(1)
        draw = Draw(seed, 7, index)
        self.recipe = graph_case(seed, index) if index % 2 else draw_model(Draw(seed, 6, index))
        self.model, given = (self.graph if index % 2 else self.chain)(draw)
        self.noisy = any(name in NOISE for name in classes_in(self.recipe))
        # TensorFlow squares duplicate rows of a gradient separately (docs/keras_differences.md).
        self.rows_apart = keras.backend.backend() == "tensorflow" and "Embedding" in classes_in(self.recipe)
        for variable in self.model.weights:
            variable.assign(real(weight(draw, variable.path, variable.shape)))
        self.xs = [real(v) if how == "grid" else v.astype(np.int32) for v, how in given]
        several = len(self.model.outputs) > 1
        weights = self.recipe.get("lossWeights")
        self.model.compile(
            optimizer=optimizers()[(index // 2) % len(optimizers())],
            loss=["mse"] * len(self.model.outputs) if several else "mse",
            loss_weights=weights if several else None,
            metrics=None if several else ["mae", keras.metrics.MeanSquaredError(name="square")],
        )
        rows = self.recipe["rows"]
        self.ys = [real(draw.grid((rows, *t.shape[1:]), 0.7)).astype(np.float32) for t in self.model.outputs]
        self.step(self.model)
        self.reset(self.model)
        self.kept = [np.asarray(keras.ops.convert_to_numpy(v.value)) for v in self.model.weights]
        folder_path = Path(folder)
        self.model.save(folder_path / "keras.keras")
        self.model.save_weights(folder_path / "keras.weights.h5")
        # What Keras goes on with is what it reads again: on PyTorch variables without a gradient change their turn.
        again = keras.saving.load_model(folder_path / "keras.keras")
        self.outputs = self.predict(again)
        self.reset(again)
        self.loss = self.step(again)
        self.reset(again)
        self.after = self.predict(again)
        if not all(np.isfinite(v).all() for v in (*self.outputs, *self.after, np.float32(self.loss))):
            raise ValueError("NaN or infinity in what Keras computes")

    def chain(self, draw: Draw) -> Any:
        """A Sequential."""
        recipe = self.recipe
        batch = recipe["rows"] if recipe["calls"] == 2 else None
        dtype = "int32" if "tokens" in recipe else "float32"
        first = keras.Input(batch_shape=(batch, *recipe["inputShape"]), dtype=dtype)
        model = keras.Sequential([first, *[layer_of(made) for made in recipe["layers"]]])
        return model, [(inputs(draw, recipe), "ids" if "tokens" in recipe else "grid")]

    def graph(self, draw: Draw) -> Any:
        """A functional model."""
        graph = self.recipe["graph"]
        without_differences(graph)
        if keras.backend.backend() != "jax" and any("initialState" in use for use in graph["calls"]):
            # Where a walk begins in masked timesteps, their outputs are zero there, and the given state on JAX and here.
            self.recipe.update(noEmptyRows=True, paddedBehind=True)
        shaped = [{**given, "shape": list(shape_of(given, given["steps"]))} for given in graph["inputs"]]
        return build({**graph, "inputs": shaped}, "model"), [graph_input(draw, self.recipe, g) for g in graph["inputs"]]

    def arrays(self, values: list[Any]) -> Any:
        return values if len(values) > 1 else values[0]

    def predict(self, model: Any) -> list[Any]:
        """Outputs in inference."""
        given = model.predict_on_batch(self.arrays(self.xs))
        return [np.asarray(v) for v in (given if isinstance(given, (list, tuple)) else [given])]

    def step(self, model: Any) -> float:
        """One step of training; its loss."""
        given = model.train_on_batch(self.arrays(self.xs), self.arrays(self.ys))
        return float(given[0] if isinstance(given, (list, tuple)) else given)

    def reset(self, model: Any) -> None:
        """Lets stateful layers begin at zero."""
        for layer in model.layers:
            for inner in (getattr(layer, "forward_layer", layer), getattr(layer, "backward_layer", layer)):
                if getattr(inner, "stateful", False) and hasattr(inner, "reset_state"):
                    inner.reset_state()

    def answer(self) -> dict[str, Any]:
        """What the other side needs to do the same."""
        floats = lambda arrays: [pack(v, "floats") for v in arrays]  # noqa: E731
        return {
            "recipe": self.recipe, "noisy": self.noisy, "rowsApart": self.rows_apart, "optimizer": type(self.model.optimizer).__name__,
            "inputs": [pack(v, "ids" if v.dtype == np.int32 else "floats") for v in self.xs],
            "targets": floats(self.ys), "outputs": floats(self.outputs), "loss": self.loss, "after": floats(self.after),
        }  # fmt: skip

    def check(self, path: str, weights: str | None) -> dict[str, Any]:
        """How far a file of the package is from what was saved."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = keras.saving.load_model(path)
        told = [str(w.message) for w in caught if "optimizer" in str(w.message)]
        got = [np.asarray(keras.ops.convert_to_numpy(v.value)) for v in model.weights]
        result: dict[str, Any] = {"weights": largest(self.kept, got), "warnings": told}
        if weights is not None:
            for variable in model.weights:
                variable.assign(np.zeros(variable.shape, np.float32) + 0.25)
            model.load_weights(weights)
            again = [np.asarray(keras.ops.convert_to_numpy(v.value)) for v in model.weights]
            result["weightsAlone"] = largest(self.kept, again)
        result["outputs"] = relative(self.outputs, self.predict(model))
        self.reset(model)
        if not self.noisy:
            result["loss"] = relative([np.float32(self.loss)], [np.float32(self.step(model))])
            self.reset(model)
            result["after"] = relative(self.after, self.predict(model))
        return result


def largest(a: list[Any], b: list[Any]) -> float:
    """The largest difference; a large number where shapes differ. Weights are compared in Keras' own order."""
    if [v.shape for v in a] != [v.shape for v in b]:
        return 1e9
    return max((float(np.max(np.abs(x - y), initial=0)) for x, y in zip(a, b)), default=0.0)


def relative(a: list[Any], b: list[Any]) -> float:
    """The largest difference beside the largest entry, or beside 1."""
    if [np.shape(v) for v in a] != [np.shape(v) for v in b]:
        return 1e9
    errors = [float(np.max(np.abs(x - y), initial=0)) / max(1.0, float(np.max(np.abs(x), initial=0))) for x, y in zip(a, b)]
    return max(errors, default=0.0)


def main() -> None:
    warnings.filterwarnings("ignore")
    case: Case | None = None
    for line in sys.stdin:
        command = json.loads(line)
        try:
            kind = command["command"]
            if kind == "make":
                case = Case(command["seed"], command["index"], command["folder"])
                answer = case.answer()
            elif kind == "check":
                answer = case.check(command["path"], command.get("weights"))
            else:
                model = keras.saving.load_model(command["path"])
                model.save(command["out"])
                answer = {}
        except Exception as error:  # noqa: BLE001: whatever Keras refuses is reported.
            answer = {"failed": f"{type(error).__name__}: {error}"[:600], "trace": traceback.format_exc()[-1500:]}
        print("@" + json.dumps(answer, separators=(",", ":")), flush=True)


if __name__ == "__main__":
    main()
