# SPDX-License-Identifier: MIT
"""Whole models under sample and class weights, with and without masks: evaluation batch by batch, a step, a step by class.

Metrics are those of evaluation: see masked_models.py.

Keras gives each timestep the weight of its class only where the targets, [N,T,1] or one-hot, come from a tf.data.Dataset;
arrays of them it refuses.
"""

from typing import Any

from common import Draw, keras, native, np, number, numbers, pack, write
from models import layers

SEED = 63
VOCABULARY = 9
ROWS, STEPS, CLASSES = 7, 5, 4


def tokens(draw: Draw) -> np.ndarray:
    """Zeros before, after and between; one row is full."""
    result = draw.integers(1, VOCABULARY, ROWS, STEPS)
    result[draw.uniform(0, 1, ROWS, STEPS) < 0.3] = 0
    result[0] = draw.integers(1, VOCABULARY, STEPS)
    return result


def case(name: str, masked: bool, sequences: bool, loss: str, reduction: str, weight: np.ndarray, draw: Draw) -> dict:
    units = 1 if loss == "BinaryCrossentropy" else CLASSES
    activation = {"BinaryCrossentropy": "sigmoid", "MeanSquaredError": "linear"}.get(loss, "softmax")
    x = tokens(draw)
    axes = (ROWS, STEPS) if sequences else (ROWS,)
    if loss == "SparseCategoricalCrossentropy":
        y: Any = draw.integers(0, CLASSES, *axes).astype(np.float32)
    elif loss == "CategoricalCrossentropy":
        y = draw.one_hot(CLASSES, *axes)
    elif loss == "MeanSquaredError":
        y = draw.normal(*axes, units)
    else:
        y = draw.integers(0, 2, *axes, 1).astype(np.float32)
    model = keras.Sequential(
        [
            keras.Input((STEPS,), dtype="int32"),
            layers.Embedding(VOCABULARY, 3, mask_zero=masked),
            layers.LSTM(4, return_sequences=sequences, kernel_regularizer=keras.regularizers.L2(0.01)),
            layers.Dense(units, activation=activation),
        ]
    )
    weights = [draw.normal(*w.shape, scale=0.6) for w in model.weights]
    metrics = ["mae" if loss == "MeanSquaredError" else "accuracy"]

    def begin() -> None:
        model.set_weights([native(w) for w in weights])
        model.compile(
            optimizer=keras.optimizers.SGD(0.5), loss=getattr(keras.losses, loss)(reduction=reduction),
            metrics=list(metrics), weighted_metrics=list(metrics),
        )  # fmt: skip

    begin()
    w = native(weight)
    # Keras takes weights of samples for outputs with timesteps as [N,1] alone.
    shaped = w[:, None] if sequences and w.ndim == 1 else w
    evaluated = model.evaluate(native(x), native(y), sample_weight=shaped, batch_size=3, verbose=0, return_dict=True)
    step = model.train_on_batch(native(x), native(y), sample_weight=shaped)[0]
    after = [numbers(v) for v in model.get_weights()]
    by_class = None
    if loss != "MeanSquaredError":
        classes = {0: 0.5, 2: 3.0} if units > 1 else {1: 2.5}
        # Class ids of timesteps need an axis of 1: without it Keras takes a row of them for the scores of one sample.
        target = native(y)[..., None] if sequences and loss == "SparseCategoricalCrossentropy" else native(y)

        def step_by_class(sample_weight: Any = None) -> dict[str, Any]:
            begin()
            if sample_weight is not None:
                value = model.train_on_batch(native(x), native(y), sample_weight=sample_weight)[0]
            elif sequences:
                import tensorflow as tf  # after the backend is chosen

                batches = tf.data.Dataset.from_tensors((x, target))
                # There Keras wants a weight for each class up to the last.
                every = {i: classes.get(i, 1.0) for i in range(CLASSES)}
                value = model.fit(batches, class_weight=every, verbose=0).history["loss"][0]
            else:
                value = model.train_on_batch(native(x), target, class_weight=classes)[0]
            return {"loss": number(value), "finalWeights": [numbers(v) for v in model.get_weights()]}

        by_class = {"classWeight": {str(key): value for key, value in classes.items()}, **step_by_class()}
        if sequences and weight.ndim == 2:
            ids = y.argmax(axis=-1) if loss == "CategoricalCrossentropy" else y.reshape(axes).astype(int)
            of_class = np.vectorize(lambda i: classes.get(int(i), 1.0))(ids)
            by_class["both"] = step_by_class(native(weight) * of_class)
    return {
        "name": name, "masked": masked, "sequences": sequences, "units": units, "activation": activation, "loss": loss,
        "reduction": reduction, "metric": metrics[0], "x": pack(x), "y": pack(y), "sampleWeight": pack(weight),
        "weights": [pack(v) for v in weights], "evaluated": {key: number(value) for key, value in evaluated.items()},
        "step": number(step), "finalWeights": after, "byClass": by_class,
    }  # fmt: skip


def main() -> None:
    draw = Draw(SEED)
    cases = []
    mean, by_weight = "sum_over_batch_size", "mean_with_sample_weight"
    for masked in (False, True):
        note = ", masked" if masked else ""
        one, each = draw.uniform(0, 2, ROWS), draw.uniform(0, 2, ROWS, STEPS)
        cases += [
            case(f"binary{note}", masked, False, "BinaryCrossentropy", mean, one, draw),
            case(f"one-hot{note}", masked, False, "CategoricalCrossentropy", by_weight, one, draw),
            case(f"ids{note}", masked, False, "SparseCategoricalCrossentropy", "sum", one, draw),
            case(f"numbers{note}", masked, False, "MeanSquaredError", mean, one, draw),
            case(f"a class per step, weights per step{note}", masked, True, "SparseCategoricalCrossentropy", mean, each, draw),
            case(f"a class per step, weights per row{note}", masked, True, "SparseCategoricalCrossentropy", mean, one, draw),
            case(f"numbers per step, mean by weight{note}", masked, True, "MeanSquaredError", by_weight, each, draw),
            case(f"numbers per step, sum{note}", masked, True, "MeanSquaredError", "sum", each, draw),
        ]
    for masked in (False, True):
        note = ", masked" if masked else ""
        one, each = draw.uniform(0, 2, ROWS), draw.uniform(0, 2, ROWS, STEPS)
        cases += [
            case(f"one-hot per step, mean by weight{note}", masked, True, "CategoricalCrossentropy", by_weight, each, draw),
            case(f"yes or no per step, weights per row{note}", masked, True, "BinaryCrossentropy", mean, one, draw),
            case(f"ids per step, sum{note}", masked, True, "SparseCategoricalCrossentropy", "sum", each, draw),
        ]
    write("weighted_models", SEED, {"cases": cases})


main()
