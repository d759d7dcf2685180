# SPDX-License-Identifier: MIT
"""Layers that join, move or rescale tensors, in small graphs: outputs and gradients, the shapes that they give or refuse,
and what Normalization learns.

A graph is written as lib/layers/index.ts names things: class, options in camelCase, and the tensors that a layer reads.
"""

import re
from typing import Any

from common import Draw, computed, jax, keras, native, np, pack, write

SEED = 61
ROWS, STEPS = 3, 5
VOCABULARY = 9
layers = keras.layers
Graph = dict[str, Any]


def snake(name: str) -> str:
    """Keras' spelling of an option."""
    return re.sub(r"([A-Z])", lambda match: "_" + match.group(1).lower(), name)


def camel(name: str) -> str:
    """Our spelling of a weight."""
    return re.sub(r"_([a-z])", lambda match: match.group(1).upper(), name)


def sliced(x: Any, steps: Any = None, features: Any = None) -> Any:
    """What our Slice does, by numpy's rules; Keras drops the mask here, so that it is used on tensors without one."""
    if steps is not None:
        x = x[:, slice(*steps)] if isinstance(steps, list) else x[:, steps]
    if features is not None:
        x = x[..., slice(*features)]
    return x


class Builder:
    """Collects a graph."""

    def __init__(self, shape: list[int], ids: bool = False) -> None:
        self.inputs = [{"name": "x", "shape": shape, "ids": ids}]
        self.layers: list[dict[str, Any]] = []

    def __call__(self, class_name: str, of: Any, mask: str | None = None, **config: Any) -> str:
        name = f"{class_name.lower()}{len(self.layers)}"  # Keras itself makes names with an underscore
        of = [of] if isinstance(of, str) else of
        entry = {"name": name, "className": class_name, "config": config, "of": of}
        self.layers.append(entry if mask is None else {**entry, "mask": mask})
        return name

    def graph(self, output: str) -> Graph:
        """As the package's tests read it."""
        return {"inputs": self.inputs, "layers": self.layers, "output": output}


def model_of(graph: Graph) -> Any:
    """The graph in Keras."""
    tensors = {
        i["name"]: keras.Input(i["shape"], dtype="int32" if i["ids"] else None, name=i["name"]) for i in graph["inputs"]
    }
    inputs = list(tensors.values())
    for entry in graph["layers"]:
        read = [tensors[name] for name in entry["of"]]
        config = {snake(key): value for key, value in entry["config"].items()}
        if entry["className"] == "Slice":
            tensors[entry["name"]] = sliced(read[0], **config)
            continue
        layer = getattr(layers, entry["className"])(name=entry["name"], **config)
        joins = entry["className"] in JOINS
        more = {"mask": tensors[entry["mask"]]} if "mask" in entry else {}
        tensors[entry["name"]] = layer(read if joins else read[0], **more)
    return keras.Model(inputs, tensors[graph["output"]]), {name: list(t.shape) for name, t in tensors.items()}


MERGES = ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"]
JOINS = [*MERGES, "Concatenate"]


def steps_hidden(draw: Draw, x: np.ndarray, group: int) -> np.ndarray:
    """Zeros some timesteps of each group of features; row 1 has none that counts."""
    for first in range(0, x.shape[2], group):
        hides = draw.uniform(0, 1, *x.shape[:2]) < 0.35
        hides[1] = first > 0
        x[..., first : first + group][hides] = 0
    return x


def data_of(draw: Draw, graph: Graph) -> np.ndarray:
    """One batch of the only input."""
    (spec,) = graph["inputs"]
    if spec["ids"]:
        ids = draw.integers(1, VOCABULARY, ROWS, *spec["shape"])
        ids[draw.uniform(0, 1, *ids.shape) < 0.35] = 0
        return ids
    x = draw.normal(ROWS, *spec["shape"])
    return steps_hidden(draw, x, 3) if x.ndim == 3 else x


def measure(draw: Draw, name: str, graph: Graph) -> dict[str, Any]:
    """Output of the graph, and gradients of sum(output * r)."""
    model, shapes = model_of(graph)
    weights = {}
    for layer in model.layers:
        values = []
        for w in layer.weights:
            value = draw.normal(*w.shape, scale=0.6)
            if w.name in ("variance", "count"):
                value = np.round(np.abs(value) + 0.2, 3) if w.name == "variance" else np.zeros(w.shape, np.float32)
            values.append(value)
            weights[f"{layer.name}/{camel(w.name)}"] = pack(value)
        layer.set_weights([native(v) for v in values])
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    x = data_of(draw, graph)
    rest = [v.value for v in model.non_trainable_variables]

    def run(params: Any) -> Any:
        return model.stateless_call(params, rest, [native(x)])[0]

    trained = [v.value for v in model.trainable_variables]
    r = draw.normal(*model.compute_output_shape((ROWS, *x.shape[1:])))

    def total(params: Any) -> Any:
        y = run(params)
        return (y * native(r)).sum(), y

    # One compilation a graph: operation by operation there would be hundreds.
    gradients, y = jax.jit(jax.grad(total, has_aux=True))(trained)
    jax.clear_caches()
    names = [f"{layer.name}/{camel(v.name)}" for layer in model.layers for v in layer.trainable_variables]
    return {
        "name": name, "graph": graph, "shapes": shapes, "inputs": pack(x), "weights": weights,
        "outputs": computed(y), "r": pack(r),
        "gradients": {n: computed(g) for n, g in zip(names, gradients, strict=True)},
    }  # fmt: skip


def read_both(b: Builder, of: str) -> str:
    """What sees masked timesteps, and what leaves them out."""
    return b("Concatenate", [b("Flatten", of), b("LSTM", of, units=2)])


def halves(b: Builder, first: bool, second: bool) -> tuple[str, str]:
    """Two sequences of one input, with or without a mask."""
    parts = []
    for features, masked in (([0, 3], first), ([3, 6], second)):
        part = b("Slice", "x", features=features)
        parts.append(b("Masking", part) if masked else part)
    return parts[0], parts[1]


def joined() -> list[tuple[str, Graph]]:
    """Two branches with all pairs of masks, tokens, vectors, axes of one element, several and equal inputs."""
    result = []
    joins = [(name, {}) for name in MERGES] + [("Concatenate", {"axis": -1}), ("Concatenate", {"axis": 1})]
    for join, config in joins:
        label = f"{join} {config or ''}".strip()
        for first, second in ((False, False), (True, True), (True, False), (False, True)):
            b = Builder([STEPS, 6])
            x, z = halves(b, first, second)
            pair = [b("Dense", x, units=3, activation="tanh"), b("LSTM", z, units=3, returnSequences=True)]
            masks = f"masks {first:d}{second:d}"
            result.append((f"{label}, {masks}", b.graph(read_both(b, b(join, pair, **config)))))
        b = Builder([STEPS, 3])
        x = b("Masking", "x")
        pair = [b("LSTM", x, units=3, returnSequences=True), b("Dense", x, units=3)]
        result.append((f"{label}, one mask", b.graph(read_both(b, b(join, pair, **config)))))
        for mask_zero in (False, True):
            b = Builder([STEPS], ids=True)
            words = b("Embedding", "x", inputDim=VOCABULARY, outputDim=3, maskZero=mask_zero)
            pair = [words, b("LSTM", words, units=3, returnSequences=True)]
            result.append((f"{label}, tokens {mask_zero:d}", b.graph(read_both(b, b(join, pair, **config)))))
        b = Builder([STEPS, 3])
        twice = b("Dense", b("Masking", "x"), units=3)
        result.append((f"{label}, one tensor twice", b.graph(read_both(b, b(join, [twice, twice], **config)))))
        if join == "Subtract":
            continue
        b = Builder([STEPS, 9])
        parts = [b("Slice", "x", features=[i, i + 3]) for i in (0, 3, 6)]
        three = [b("Dense", b("Masking", p) if p != parts[1] else p, units=3) for p in parts]
        result.append((f"{label}, three tensors", b.graph(read_both(b, b(join, three, **config)))))
    return result


def broadcast() -> list[tuple[str, Graph]]:
    """Vectors and axes of one element."""
    result = []
    for merge in MERGES:
        for masked in (False, True):
            b = Builder([STEPS, 6])
            x, z = halves(b, masked, masked)
            pair = [b("LSTM", x, units=3), b("LSTM", z, units=3, returnSequences=True)]
            result.append((f"{merge}, vector and sequence, masks {masked:d}", b.graph(read_both(b, b(merge, pair)))))
        b = Builder([STEPS, 6])
        x, z = halves(b, False, False)
        one = b("Slice", b("Dense", x, units=3), steps=[2, 3])
        result.append((f"{merge}, one timestep", b.graph(read_both(b, b(merge, [one, b("Dense", z, units=3)])))))
        b = Builder([STEPS, 6])
        x, z = halves(b, True, True)
        pair = [b("Dense", x, units=1), b("Dense", z, units=3)]
        result.append((f"{merge}, one feature", b.graph(read_both(b, b(merge, pair)))))
    return result


def moved() -> list[tuple[str, Graph]]:
    """Timesteps and features that change their places."""
    result = []
    for class_name, config in [
        ("Cropping1D", {"cropping": [1, 2]}),
        ("Cropping1D", {"cropping": 1}),
        ("ZeroPadding1D", {"padding": [2, 1]}),
        ("UpSampling1D", {"size": 2}),
        ("Permute", {"dims": [2, 1]}),
        ("Permute", {"dims": [1, 2]}),
        ("Slice", {"steps": [1, -1]}),
        ("Slice", {"steps": [-1, None, -2]}),
        ("Slice", {"steps": [-100, 4], "features": [-1, None, -1]}),
        ("Slice", {"steps": -2}),
        ("Slice", {"steps": 1, "features": [1, 3]}),
    ]:
        for masked in (False, True):
            # On JAX a transposition that moves nothing gives the array itself, mask and all; elsewhere the mask ends.
            if masked and (class_name == "Slice" or config == {"dims": [1, 2]}):
                continue
            b = Builder([STEPS, 3])
            x = b("LSTM", b("Masking", "x") if masked else "x", units=4, returnSequences=True)
            y = b(class_name, x, **config)
            is_vector = isinstance(config.get("steps"), int)
            result.append((f"{class_name} {config}, mask {masked:d}", b.graph(y if is_vector else read_both(b, y))))
    return result


def computed_layers() -> list[tuple[str, Graph]]:
    """Activations with parameters, and normalizations."""
    result = []
    for class_name, config in [
        ("ReLU", {}),
        ("ReLU", {"maxValue": 0.4}),
        ("ReLU", {"maxValue": 6.0}),
        ("ReLU", {"negativeSlope": 0.2}),
        ("ReLU", {"threshold": 0.3}),
        ("ReLU", {"maxValue": 0.8, "negativeSlope": 0.1, "threshold": 0.25}),
        ("LeakyReLU", {}),
        ("LeakyReLU", {"negativeSlope": 0.05}),
        ("ELU", {}),
        ("ELU", {"alpha": 0.4}),
        ("PReLU", {}),
        ("PReLU", {"sharedAxes": [1]}),
        ("PReLU", {"sharedAxes": [1, 2]}),
        ("PReLU", {"sharedAxes": 2}),
        ("Softmax", {"axis": 1}),
        ("UnitNormalization", {}),
        ("Rescaling", {"scale": 0.5, "offset": -0.25}),
        ("Rescaling", {"scale": [0.5, 1.5, -1.0, 2.0], "offset": [0.0, 1.0, 0.5, -1.0]}),
        ("Normalization", {}),
        ("Normalization", {"invert": True}),
        ("Normalization", {"axis": None}),
        ("Normalization", {"axis": [1, 2]}),
        ("Normalization", {"mean": 0.5, "variance": 0.25}),
        ("Normalization", {"mean": [0.5, 1.0, -0.5, 0.0], "variance": [0.25, 1.0, 4.0, 0.5], "invert": True}),
    ]:
        # Keras takes a mask of timesteps for one of features here.
        for masked in (False, True) if class_name != "Softmax" else (False,):
            b = Builder([STEPS, 3])
            x = b("Dense", b("Masking", "x") if masked else "x", units=4)
            y = b(class_name, x, **config)
            result.append((f"{class_name} {config}, mask {masked:d}", b.graph(read_both(b, y))))
    b = Builder([4])
    mask = b("ReLU", b("Rescaling", "x", scale=1000.0), maxValue=1.0)
    result.append(("Softmax with a mask", b.graph(b("Softmax", b("Dense", "x", units=4), mask=mask))))
    b = Builder([STEPS, 4])
    mask = b("ReLU", b("Rescaling", "x", scale=1000.0), maxValue=1.0)
    shares = b("Softmax", b("Dense", "x", units=4), mask=mask)
    result.append(("Softmax of sequences with a mask", b.graph(b("Flatten", shares))))
    return result


def models(draw: Draw) -> list[dict[str, Any]]:
    """All graphs, measured."""
    graphs = [*joined(), *broadcast(), *moved(), *computed_layers()]
    return [measure(draw, name.replace("'", ""), graph) for name, graph in graphs]


def shapes(_: Draw) -> list[dict[str, Any]]:
    """The shape that a layer gives for inputs of these shapes; null where it refuses them."""
    n = None
    result = []
    pairs = [
        [[n, 3], [n, 3]], [[n, 3], [n, 4]], [[n, 3], [n, 1]], [[n, 5, 3], [n, 5, 3]], [[n, n, 3], [n, 5, 3]],
        [[n, 5, 3], [n, 3]], [[n, 5, 3], [n, 5]], [[n, 5, 3], [n, 1, 3]], [[n, 5, 3], [n, 4, 3]], [[n, n, 3], [n, 1]],
        [[n, 1, 3], [n, n, 3]], [[2, 3], [3, 3]], [[2, 3], [n, 3]], [[n, 5, 1], [n, 1, 4]],
        [[n, 3], [n, 3], [n, 3]], [[n, 5, 3], [n, 3], [n, 5, 1]],
    ]  # fmt: skip
    for merge in ("Add", "Multiply", "Subtract"):
        result += [{"className": merge, "config": {}, "inputs": inputs} for inputs in pairs]
    for axis in (-1, 1, 2, -2, 3):
        for inputs in [
            [[n, 3], [n, 4]], [[n, 5, 3], [n, 5, 4]], [[n, 5, 3], [n, 6, 3]], [[n, n, 3], [n, 6, 3]],
            [[n, n, 3], [n, n, 4]], [[n, 5, 3], [n, 3]],
        ]:  # fmt: skip
            result.append({"className": "Concatenate", "config": {"axis": axis}, "inputs": inputs})
    for class_name, config, inputs in [
        ("Cropping1D", {"cropping": [1, 2]}, [[n, 5, 3]]),
        ("Cropping1D", {"cropping": [1, 2]}, [[n, n, 3]]),
        ("Cropping1D", {"cropping": [1, 2]}, [[n, 3, 3]]),
        ("ZeroPadding1D", {"padding": [1, 2]}, [[n, 5, 3]]),
        ("ZeroPadding1D", {"padding": 2}, [[n, n, 3]]),
        ("UpSampling1D", {"size": 3}, [[n, 5, 3]]),
        ("UpSampling1D", {"size": 3}, [[n, n, 3]]),
        ("Permute", {"dims": [2, 1]}, [[n, 5, 3]]),
        ("Permute", {"dims": [1]}, [[n, 5]]),
    ]:
        result.append({"className": class_name, "config": config, "inputs": inputs})
    for entry in result:
        layer = getattr(layers, entry["className"])(**{snake(k): v for k, v in entry["config"].items()})
        tensors = [keras.Input(batch_shape=shape) for shape in entry["inputs"]]
        try:
            entry["output"] = list(layer(tensors if entry["className"] in JOINS else tensors[0]).shape)
        except (ValueError, IndexError):
            entry["output"] = None
    return result


def adapted(draw: Draw) -> list[dict[str, Any]]:
    """Mean and variance that Normalization learns, of an array and of batches."""
    result = []
    for shape, axis, sizes in [
        ((7, 3), -1, None),
        ((7, 3), None, None),
        ((5, 4, 3), -1, None),
        ((5, 4, 3), 1, None),
        ((5, 4, 3), [1, 2], None),
        ((9, 2, 3), -1, [4, 4, 1]),
        ((9, 2, 3), None, [2, 7]),
        ((9, 2, 3), [1, 2], [1, 5, 3]),
    ]:
        x = draw.normal(*shape, scale=2.0) + np.float32(10)
        layer = layers.Normalization(axis=axis)
        ends = np.cumsum(sizes) if sizes else []
        layer.adapt(native(x) if sizes is None else [native(part) for part in np.split(x, ends[:-1])])
        mean, variance = layer.weights[:2]
        result.append(
            {"x": pack(x), "axis": axis, "batches": sizes, "mean": pack(mean.value), "variance": pack(variance.value)}
        )
    return result


def main() -> None:
    draw = Draw(SEED)
    write("joins", SEED, {f.__name__: f(draw) for f in (models, shapes, adapted)})


main()
