# SPDX-License-Identifier: MIT
"""The accuracy family over two updates, and how Keras resolves the name 'accuracy'."""

from typing import Any

from common import Draw, keras, native, np, number, pack, set_precision, write
from keras.src.trainers.compile_utils import get_metric

SEED = 25
metrics = keras.metrics


def case(name: str, options: dict[str, Any], metric: Any, batches: list[tuple[np.ndarray, np.ndarray]]) -> dict:
    """The running result after each batch."""
    updates = []
    for target, prediction in batches:
        metric.update_state(native(target), native(prediction))
        updates.append(
            {"target": pack(target), "prediction": pack(prediction), "result": number(metric.result()),
             "total": number(metric.total.value), "count": number(metric.count.value)}
        )  # fmt: skip
    return {"metric": name, "options": options, "updates": updates}


def main() -> None:
    set_precision("float32")
    draw = Draw(SEED)
    cases = []
    for shape in [(6, 1), (4, 3), (2, 3, 4)]:
        for threshold in (0.5, 0.3):
            batches = [
                (draw.integers(0, 2, *s).astype(np.float32), draw.uniform(0, 1, *s))
                for s in (shape, (shape[0] + 1, *shape[1:]))
            ]
            metric = metrics.BinaryAccuracy(threshold=threshold)
            cases.append(case("binary_accuracy", {"threshold": threshold}, metric, batches))
    equal = [(np.array([[0], [1]], np.float32), np.array([[0.5], [0.5]], np.float32))]
    cases.append(case("binary_accuracy", {"threshold": 0.5}, metrics.BinaryAccuracy(), equal))
    for shape in [(6, 4), (3, 4, 5)]:
        sizes = (shape, (shape[0] + 1, *shape[1:]))
        k = shape[-1]
        batches = [(draw.one_hot(k, *s[:-1]), draw.probabilities(*s)) for s in sizes]
        cases.append(case("categorical_accuracy", {}, metrics.CategoricalAccuracy(), batches))
        batches = [(draw.integers(0, k, *s[:-1]), draw.probabilities(*s)) for s in sizes]
        cases.append(case("sparse_categorical_accuracy", {}, metrics.SparseCategoricalAccuracy(), batches))
        batches = [(y[..., None], p) for y, p in batches]
        cases.append(case("sparse_categorical_accuracy", {}, metrics.SparseCategoricalAccuracy(), batches))
        batches = [(draw.integers(0, 2, *s).astype(np.float32), draw.integers(0, 2, *s).astype(np.float32)) for s in sizes]
        cases.append(case("accuracy", {}, metrics.Accuracy(), batches))
    ties = np.array([[0.4, 0.4, 0.2], [0.1, 0.45, 0.45]], np.float32)
    hot = np.array([[0, 1, 0], [0, 1, 0]], np.float32)
    cases.append(case("categorical_accuracy", {}, metrics.CategoricalAccuracy(), [(hot, ties)]))
    cases.append(
        case("sparse_categorical_accuracy", {}, metrics.SparseCategoricalAccuracy(), [(np.array([0, 2], np.int32), ties)])
    )
    resolution = []
    pairs = [
        ((8,), (8, 1)), ((8, 1), (8, 1)), ((8, 3), (8, 3)), ((8,), (8, 3)), ((8, 1), (8, 3)), ((8, 5, 1), (8, 5, 1)),
        ((8, 5), (8, 5, 1)), ((8, 5), (8, 5, 3)), ((8, 5, 1), (8, 5, 3)), ((8, 5, 3), (8, 5, 3)), ((8, 2), (8, 2)),
    ]  # fmt: skip
    for name in ("accuracy", "acc"):
        for target, output in pairs:
            metric = get_metric(name, np.zeros(target), np.zeros(output))
            resolution.append(
                {"name": name, "targetShape": list(target), "outputShape": list(output),
                 "metric": type(metric).__name__, "resolvedName": metric.name}
            )  # fmt: skip
    write("metrics", SEED, {"cases": cases, "resolution": resolution})


main()
