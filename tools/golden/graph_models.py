# SPDX-License-Identifier: MIT
"""Graphs of layers as plain data, which the tests build with the package and goldens with Keras.

A recipe has `inputs` ({name, shape, dtype}), `layers` by name (as in models.py, or a recipe itself for a model that is used
as a layer), `calls` in order ({layer, inputs, initialState, mask, options, gives}) and `outputs`. Values go by the names
that inputs and calls give them.
"""

from typing import Any

from common import Draw, keras, native, np, number, numbers, pack
from models import INITIALIZED, recipe, snake

layers = keras.layers

Graph = dict[str, Any]


def value(name: str, *shape: int | None, dtype: str = "float32") -> dict[str, Any]:
    """An input; None for timesteps that only data tells."""
    return {"name": name, "shape": list(shape), "dtype": dtype}


def words(name: str, *shape: int | None) -> dict[str, Any]:
    """An input of token ids."""
    return value(name, *shape, dtype="int32")


def call(layer: str, inputs: list[str] | str, gives: list[str] | str, **options: Any) -> dict[str, Any]:
    """One use of a layer."""
    one = lambda given: [given] if isinstance(given, str) else given  # noqa: E731
    return {"layer": layer, "inputs": one(inputs), **options, "gives": one(gives)}


def made_of(name: str, recipe_: dict[str, Any]) -> Any:
    """The Keras layer of a recipe, or the model of a graph."""
    if "calls" in recipe_:
        return build(recipe_, name)
    return layer_of(recipe_, name)


def layer_of(recipe_: dict[str, Any], name: str | None = None) -> Any:
    """The Keras layer, cell or stack of layers; its weights begin as zeros."""
    kind = recipe_["className"]
    config: dict[str, Any] = {}
    for key, item in recipe_["config"].items():
        if isinstance(item, dict) and "className" in item:
            item = layer_of(item)
        elif isinstance(item, list) and item and isinstance(item[0], dict):
            item = [layer_of(each) for each in item]
        config[snake(key)] = item
    if kind == "Sequential":
        return keras.Sequential(config["layers"], name=name or config.get("name"))
    for initialized in INITIALIZED.get(kind.removesuffix("Cell"), []):
        config[f"{initialized}_initializer"] = "zeros"
    if name is not None:
        config["name"] = name
    if kind == "Slice":
        return config
    if kind == "RNN":
        cell = config.pop("cell")
        return layers.RNN(cell, **config)
    return getattr(layers, kind)(**config)


def build(graph: Graph, name: str | None = None) -> keras.Model:
    """The Keras model of a recipe."""
    values: dict[str, Any] = {}
    for given in graph["inputs"]:
        dtype = "int32" if given["dtype"] == "int32" else keras.config.floatx()
        values[given["name"]] = keras.Input(given["shape"], dtype=dtype, name=given["name"])
    inputs = list(values.values())
    made = {key: made_of(key, each) for key, each in graph["layers"].items()}
    for use in graph["calls"]:
        layer = made[use["layer"]]
        read = [values[name] for name in use["inputs"]]
        options: dict[str, Any] = {}
        if "initialState" in use:
            options["initial_state"] = nested_states(layer, [values[name] for name in use["initialState"]])
        if "mask" in use:
            options["mask"] = values[use["mask"]]
        options |= {snake(key): item for key, item in use.get("options", {}).items()}
        given = applied(layer, read, options)
        flat = keras.tree.flatten(given)
        values.update(zip(use["gives"], flat, strict=True))
    outputs = [values[name] for name in graph["outputs"]]
    return keras.Model(inputs, outputs if len(outputs) > 1 else outputs[0], name=name)


def applied(layer: Any, read: list[Any], options: dict[str, Any]) -> Any:
    """What a layer makes of tensors; a slice is no layer in Keras, and loses the mask."""
    if isinstance(layer, dict):
        return sliced(read[0], layer.get("steps"), layer.get("features"))
    if isinstance(layer, layers.MultiHeadAttention):
        return layer(*read, **options)
    return layer(read if len(read) > 1 else read[0], **options)


def sliced(x: Any, steps: Any = None, features: Any = None) -> Any:
    """Part of a tensor, by numpy's rules."""
    if steps is not None:
        x = x[:, slice(*steps)] if isinstance(steps, list) else x[:, steps]
    return x if features is None else x[..., slice(*features)]


def nested_states(layer: Any, states: list[Any]) -> Any:
    """Keras wants the states of a stack of cells cell by cell."""
    cell = getattr(layer, "cell", None)
    if not isinstance(cell, layers.StackedRNNCells):
        return states if len(states) > 1 else states[0]
    result, rest = [], list(states)
    for each in cell.cells:
        count = len(each.state_size) if isinstance(each.state_size, (list, tuple)) else 1
        own, rest = rest[:count], rest[count:]
        result.append(own if count > 1 else own[0])
    return result


def random_weights(draw: Draw, model: keras.Model) -> list[np.ndarray]:
    """A random value for every weight, of a size that keeps activations away from saturation."""
    result = []
    for weight in model.weights:
        if "embeddings" in weight.path:
            scale = 0.5
        else:
            scale = 0.2 if len(weight.shape) == 1 or weight.shape[0] == 2 else 0.8 / np.prod(weight.shape[:-1]) ** 0.5
        result.append(draw.normal(*weight.shape, scale=scale))
    return result


def owners(model: keras.Model) -> list[str]:
    """The layer of each weight, in the order of the model's weights."""
    result = []
    for layer in model.layers:
        result += [layer.name] * len(layer.weights)
    return result


def gradients(model: keras.Model, x: list[Any], y: list[Any], loss: Any, loss_weights: Any = None) -> dict[str, Any]:
    """Loss and gradients: what one step of plain descent takes away, in float64."""
    before = model.get_weights()
    model.compile(optimizer=keras.optimizers.SGD(1.0), loss=loss, loss_weights=loss_weights)
    one = lambda arrays: arrays if len(arrays) > 1 else arrays[0]  # noqa: E731
    result = model.train_on_batch(one([native(v) for v in x]), one([native(v) for v in y]))
    total = result[0] if isinstance(result, (list, tuple)) else result
    after = model.get_weights()
    model.set_weights(before)
    return {"loss": number(total), "gradients": [numbers(a - b) for a, b in zip(before, after)]}


__all__ = ["Graph", "build", "call", "gradients", "owners", "pack", "random_weights", "recipe", "value", "words"]
