# SPDX-License-Identifier: MIT
"""Whole models whose targets hold labels that nothing looks at: those of masked steps, and those of `ignore_class`.

The package is given -1, or another number that is no class, at masked steps. Keras looks at them: it is given 0 there.
Keras' metrics know no ignored class, so each is called by itself with weights 0 and 1.
"""

from typing import Any

import corrected  # noqa: F401
from common import Draw, keras, native, np, number, numbers, pack, write
from models import layers

SEED = 71
VOCABULARY = 9
ROWS, STEPS, CLASSES = 6, 5, 4
BATCH = 4


def case(draw: Draw, name: str, *, masked: bool, ignore: int | None, backwards: bool = False, sequences: bool = True) -> dict:
    x = draw.integers(1, VOCABULARY, ROWS, STEPS)
    x[draw.uniform(0, 1, ROWS, STEPS) < 0.35] = 0
    axes = (ROWS, STEPS) if sequences else (ROWS,)
    y = draw.integers(0, CLASSES, *axes)
    if ignore is not None:
        y[draw.uniform(0, 1, *axes) < 0.4] = ignore
    steps = x[:, ::-1] if backwards else x
    hidden = (steps == 0) & masked if sequences else np.zeros(axes, bool)
    seen = ~hidden & (y != ignore if ignore is not None else True)
    model = keras.Sequential(
        [
            keras.Input((STEPS,), dtype="int32"),
            layers.Embedding(VOCABULARY, 3, mask_zero=masked),
            layers.GRU(4, return_sequences=sequences, go_backwards=backwards),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    weights = [draw.normal(*w.shape, scale=0.8) for w in model.weights]
    model.set_weights([native(w) for w in weights])
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=ignore)
    model.compile(optimizer=keras.optimizers.SGD(0.5), loss=loss)
    targets = np.where(hidden, 0, y)
    evaluated = model.evaluate(x, targets, batch_size=BATCH, verbose=0)
    outputs = model.predict(x, verbose=0)
    metrics: dict[str, Any] = {
        "accuracy": keras.metrics.SparseCategoricalAccuracy(),
        "top2": keras.metrics.SparseTopKCategoricalAccuracy(k=2),
        "entropy": keras.metrics.SparseCategoricalCrossentropy(),
        "iou": keras.metrics.MeanIoU(CLASSES, sparse_y_pred=False),
    }
    for metric in metrics.values():
        metric.update_state(np.where(seen, y, 0), outputs, sample_weight=seen.astype(np.float64))
    step = model.train_on_batch(x, targets)
    given = np.where(hidden, np.where(np.arange(y.size).reshape(axes) % 2 == 0, -1, CLASSES + 3), y)
    return {
        "name": name, "masked": masked, "backwards": backwards, "sequences": sequences, "ignoreClass": ignore,
        "batchSize": BATCH, "x": pack(x), "y": pack(given), "weights": [pack(w) for w in weights],
        "loss": number(evaluated), "metrics": {key: number(metric.result()) for key, metric in metrics.items()},
        "step": number(step), "finalWeights": [numbers(w) for w in model.get_weights()],
    }  # fmt: skip


def main() -> None:
    draw = Draw(SEED)
    cases = [
        case(draw, "an ignored label that is no class", masked=False, ignore=-1),
        case(draw, "an ignored label that is a class", masked=False, ignore=2),
        case(draw, "an ignored label of outputs without timesteps", masked=False, ignore=-1, sequences=False),
        case(draw, "masked timesteps", masked=True, ignore=None),
        case(draw, "masked timesteps of a layer that reads backwards", masked=True, ignore=None, backwards=True),
        case(draw, "masked timesteps, and an ignored label", masked=True, ignore=-1),
    ]
    write("unseen_labels", SEED, {"cases": cases})


main()
