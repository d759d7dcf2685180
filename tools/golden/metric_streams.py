# SPDX-License-Identifier: MIT
"""Every metric over three updates, with and without sample weights; options are written in camelCase."""

import re
from typing import Any

from common import Draw, keras, native, np, pack, set_precision, write

SEED = 61
metrics = keras.metrics


def snake(name: str) -> str:
    """A name of an option as Keras spells it."""
    return re.sub("[A-Z]", lambda m: "_" + m[0].lower(), name)


def result_of(metric: Any) -> Any:
    """A result as a list of numbers."""
    return pack(np.atleast_1d(np.asarray(metric.result())))["data"]


def stream(name: str, options: dict[str, Any], batches: list[tuple[np.ndarray, ...]], weighted: bool) -> dict[str, Any]:
    """The running result after each batch."""
    metric = getattr(metrics, name)(**{snake(key): value for key, value in options.items()})
    updates = []
    for target, prediction, weight in batches:
        metric.update_state(native(target), native(prediction), sample_weight=native(weight) if weighted else None)
        updates.append(
            {"target": pack(target), "prediction": pack(prediction), "weight": pack(weight) if weighted else None,
             "result": result_of(metric)}
        )  # fmt: skip
    return {"metric": name, "options": options, "updates": updates}


def main() -> None:
    set_precision("float32")
    draw = Draw(SEED)
    cases: list[dict[str, Any]] = []
    rows = (6, 9, 4)

    def add(name: str, options: dict[str, Any], make: Any) -> None:
        for weighted in (False, True):
            batches = [(*make(n), draw.uniform(0, 2, n)) for n in rows]
            cases.append(stream(name, options, batches, weighted))

    def levels(*shape: int) -> np.ndarray:
        # Probabilities, many of them exactly on thresholds.
        return (draw.integers(0, 21, *shape) / np.float32(20)).astype(np.float32)

    def labels(*shape: int) -> np.ndarray:
        return draw.integers(0, 2, *shape).astype(np.float32)

    def binary(n: int) -> tuple[np.ndarray, np.ndarray]:
        return labels(n, 1), levels(n, 1)

    def multi(n: int) -> tuple[np.ndarray, np.ndarray]:
        return labels(n, 3), levels(n, 3)

    def logits(n: int) -> tuple[np.ndarray, np.ndarray]:
        return labels(n, 1), draw.normal(n, 1, scale=2)

    def one_hot(n: int) -> tuple[np.ndarray, np.ndarray]:
        return draw.one_hot(7, n), draw.probabilities(n, 7)

    def ids(n: int) -> tuple[np.ndarray, np.ndarray]:
        return draw.integers(0, 7, n).astype(np.float32), draw.probabilities(n, 7)

    def numbers(n: int) -> tuple[np.ndarray, np.ndarray]:
        return draw.normal(n, 3), draw.normal(n, 3)

    def positive(n: int) -> tuple[np.ndarray, np.ndarray]:
        return draw.uniform(0.1, 3, n, 3), draw.uniform(0.1, 3, n, 3)

    def distributions(n: int) -> tuple[np.ndarray, np.ndarray]:
        return draw.probabilities(n, 4), draw.probabilities(n, 4)

    def wide_logits(n: int) -> tuple[np.ndarray, np.ndarray]:
        return draw.one_hot(5, n), draw.normal(n, 5, scale=2)

    def id_logits(n: int) -> tuple[np.ndarray, np.ndarray]:
        return draw.integers(0, 5, n).astype(np.float32), draw.normal(n, 5, scale=2)

    for name in ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives", "Precision", "Recall"):
        add(name, {}, binary)
        add(name, {"thresholds": 0.3}, multi)
        add(name, {"thresholds": [0.9, 0.1, 0.55]}, binary)
        add(name, {"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]}, multi)
    for name in ("Precision", "Recall"):
        add(name, {"topK": 2}, one_hot)
        add(name, {"topK": 3, "classId": 2}, one_hot)
        add(name, {"classId": 1}, multi)
        add(name, {"topK": 2, "thresholds": 0.2}, one_hot)
    for name, key in (
        ("SensitivityAtSpecificity", "specificity"), ("SpecificityAtSensitivity", "sensitivity"),
        ("PrecisionAtRecall", "recall"), ("RecallAtPrecision", "precision"),
    ):  # fmt: skip
        add(name, {key: 0.5}, binary)
        add(name, {key: 0.6, "numThresholds": 11}, binary)
        add(name, {key: 0.4, "numThresholds": 1}, binary)
        add(name, {key: 0.3, "numThresholds": 2}, binary)
        add(name, {key: 0.5, "classId": 1}, multi)
    for curve in ("ROC", "PR", "PRGAIN"):
        for method in ("interpolation", "majoring", "minoring"):
            add("AUC", {"curve": curve, "summationMethod": method, "numThresholds": 21}, binary)
        add("AUC", {"curve": curve}, multi)
        add("AUC", {"curve": curve, "fromLogits": True}, logits)
        add("AUC", {"curve": curve, "multiLabel": True}, multi)
    add("AUC", {"thresholds": [0.5, 0.3]}, binary)
    add("AUC", {"thresholds": [0.25, 0.5, 0.75]}, binary)
    add("AUC", {"numThresholds": 2}, binary)
    add("AUC", {"labelWeights": [0.5, 2.0, 1.0]}, multi)
    add("AUC", {"multiLabel": True, "numLabels": 3, "labelWeights": [0.5, 2.0, 1.0]}, multi)
    add("AUC", {"multiLabel": True, "thresholds": [0.2, 0.9]}, multi)
    for average in (None, "micro", "macro", "weighted"):
        add("F1Score", {"average": average}, one_hot)
        add("F1Score", {"average": average, "threshold": 0.4}, multi)
        add("FBetaScore", {"average": average, "beta": 2.0}, one_hot)
    for way in (None, "uniform_average", "variance_weighted_average"):
        add("R2Score", {"classAggregation": way}, numbers)
        add("R2Score", {"classAggregation": way, "numRegressors": 2}, numbers)
    add("R2Score", {"numRegressors": 100}, numbers)
    for name in (
        "Accuracy", "BinaryAccuracy", "MeanSquaredError", "RootMeanSquaredError", "MeanAbsoluteError", "LogCoshError",
        "CosineSimilarity", "PearsonCorrelation", "ConcordanceCorrelation",
    ):  # fmt: skip
        add(name, {}, multi if "Accuracy" in name else numbers)
    for name in ("MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "Poisson"):
        add(name, {}, positive)
    for name in ("Hinge", "SquaredHinge"):
        add(name, {}, lambda n: (labels(n, 3), draw.normal(n, 3)))
        add(name, {}, lambda n: (labels(n, 3) * 2 - 1, draw.normal(n, 3)))
    add("CategoricalHinge", {}, wide_logits)
    add("KLDivergence", {}, distributions)
    add("BinaryCrossentropy", {"labelSmoothing": 0.1}, lambda n: (labels(n, 3), draw.uniform(0.02, 0.98, n, 3)))
    add("BinaryCrossentropy", {"fromLogits": True}, logits)
    add("CategoricalCrossentropy", {"labelSmoothing": 0.2}, one_hot)
    add("CategoricalCrossentropy", {"fromLogits": True}, wide_logits)
    add("SparseCategoricalCrossentropy", {}, ids)
    add("SparseCategoricalCrossentropy", {"fromLogits": True}, id_logits)
    for k in (1, 3):
        add("TopKCategoricalAccuracy", {"k": k}, one_hot)
        add("SparseTopKCategoricalAccuracy", {"k": k}, ids)
    add("SparseTopKCategoricalAccuracy", {"k": 2, "fromSortedIds": True},
        lambda n: (draw.integers(0, 9, n).astype(np.float32), draw.integers(0, 9, n, 4).astype(np.float32)))  # fmt: skip
    add("CategoricalAccuracy", {}, one_hot)
    add("SparseCategoricalAccuracy", {}, ids)
    ids_of = lambda n: draw.integers(0, 4, n).astype(np.float32)  # noqa: E731
    for options in ({}, {"ignoreClass": 1}):
        add("MeanIoU", {"numClasses": 4, **options, "dtype": "float32"}, lambda n: (ids_of(n), ids_of(n)))
        add("IoU", {"numClasses": 4, "targetClassIds": [0, 2], **options, "dtype": "float32"},
            lambda n: (ids_of(n), ids_of(n)))  # fmt: skip
    add("MeanIoU", {"numClasses": 5, "sparseYPred": False, "dtype": "float32"}, id_logits)
    add("MeanIoU", {"numClasses": 5, "sparseYPred": False, "sparseYTrue": False, "dtype": "float32"}, wide_logits)
    add("BinaryIoU", {"dtype": "float32"}, lambda n: (labels(n), levels(n)))
    add("BinaryIoU", {"targetClassIds": [1], "threshold": 0.3, "dtype": "float32"}, lambda n: (labels(n), levels(n)))
    means: list[dict[str, Any]] = []
    for name in ("Mean", "Sum"):
        for shape, weight_axes in (((5,), 0), ((5,), 1), ((4, 3), 0), ((4, 3), 1), ((4, 3, 2), 1), ((4, 3, 2), 2)):
            metric = getattr(metrics, name)()
            updates = []
            for _ in range(2):
                values, weight = draw.normal(*shape), draw.uniform(0, 2, *shape[:weight_axes])
                metric.update_state(native(values), sample_weight=native(weight) if weight_axes else None)
                updates.append(
                    {"values": pack(values), "weight": pack(weight) if weight_axes else None, "result": result_of(metric)}
                )
            means.append({"metric": name, "updates": updates})
    sequences: list[dict[str, Any]] = []
    for name, make in (
        ("BinaryAccuracy", lambda n, t: (labels(n, t, 2), levels(n, t, 2))),
        ("MeanSquaredError", lambda n, t: (draw.normal(n, t, 2), draw.normal(n, t, 2))),
        ("SparseCategoricalAccuracy", lambda n, t: (draw.integers(0, 3, n, t).astype(np.float32), draw.probabilities(n, t, 3))),
        ("Precision", lambda n, t: (labels(n, t, 2), levels(n, t, 2))),
    ):
        for weighted in (False, True):
            # Batches of other lengths: Keras takes the mean of each sample first.
            batches = [(*make(n, t), draw.uniform(0, 2, n, t)) for n, t in ((4, 3), (5, 6), (2, 1))]
            sequences.append(stream(name, {}, batches, weighted))
    write("metric_streams", SEED, {"cases": cases, "means": means, "sequences": sequences})


main()
