# SPDX-License-Identifier: MIT
"""Every loss under its options, weights, masks and reductions: values, and gradients with respect to the outputs."""

import re
from typing import Any

from common import Draw, computed, jax, keras, native, np, number, pack, write

SEED = 62
losses = keras.losses


def snake(name: str) -> str:
    """A name of an option as Keras spells it."""
    return re.sub("[A-Z]", lambda m: "_" + m[0].lower(), name)


def case(name: str, options: dict, target: np.ndarray, prediction: np.ndarray, weight: Any, mask: Any) -> dict[str, Any]:
    """One loss: a value for each reduction, and the gradient of the mean."""
    y, p = native(target), jax.numpy.asarray(native(prediction))
    w = None if weight is None else native(weight)

    def loss_of(reduction: str, x: Any) -> Any:
        loss = getattr(losses, name)(reduction=reduction, **{snake(key): value for key, value in options.items()})
        if mask is not None:
            x = x * 1.0
            keras.src.backend.set_keras_mask(x, mask)
        return loss(y, x, sample_weight=w)

    reductions = ("sum_over_batch_size", "sum", "mean_with_sample_weight")
    gradient = jax.grad(lambda x: loss_of("sum_over_batch_size", x))(p)
    return {
        "loss": name, "options": options, "target": pack(target), "prediction": pack(prediction),
        "weight": None if weight is None else pack(weight), "mask": None if mask is None else pack(mask.astype(np.int32)),
        "values": {reduction: number(loss_of(reduction, p)) for reduction in reductions}, "gradient": computed(gradient),
    }  # fmt: skip


def main() -> None:
    draw = Draw(SEED)
    cases: list[dict[str, Any]] = []

    def add(name: str, options: dict[str, Any], make: Any) -> None:
        cases.append(case(name, options, *make(5), None, None))
        cases.append(case(name, options, *make(5), draw.uniform(0, 2, 5), None))
        whole = name in ("Dice", "Tversky") and "axis" not in options
        if whole:
            return
        mask = draw.integers(0, 2, 3, 4) > 0
        target, prediction = (a.reshape(3, 4, *a.shape[1:]) for a in make(12))
        cases.append(case(name, options, target, prediction, None, mask))
        cases.append(case(name, options, target, prediction, draw.uniform(0, 2, 3, 4), mask))
        cases.append(case(name, options, target, prediction, draw.uniform(0, 2, 3, 1), mask))

    def labels(n: int) -> tuple[np.ndarray, np.ndarray]:
        return draw.integers(0, 2, n, 3).astype(np.float32), draw.uniform(0.02, 0.98, n, 3)

    def label_logits(n: int) -> tuple[np.ndarray, np.ndarray]:
        return draw.integers(0, 2, n, 3).astype(np.float32), draw.normal(n, 3, scale=2)

    def one_hot(n: int) -> tuple[np.ndarray, np.ndarray]:
        return draw.one_hot(4, n), draw.probabilities(n, 4)

    def wide_logits(n: int) -> tuple[np.ndarray, np.ndarray]:
        return draw.one_hot(4, n), draw.normal(n, 4, scale=2)

    def ids(n: int) -> tuple[np.ndarray, np.ndarray]:
        return draw.integers(0, 4, n).astype(np.float32), draw.probabilities(n, 4)

    def id_logits(n: int) -> tuple[np.ndarray, np.ndarray]:
        return draw.integers(0, 4, n).astype(np.float32), draw.normal(n, 4, scale=2)

    def numbers(n: int) -> tuple[np.ndarray, np.ndarray]:
        return draw.normal(n, 3), draw.normal(n, 3)

    def positive(n: int) -> tuple[np.ndarray, np.ndarray]:
        return draw.uniform(0.1, 3, n, 3), draw.uniform(0.1, 3, n, 3)

    for smoothing in (0.0, 0.1):
        for logits in (False, True):
            options = {"fromLogits": logits, "labelSmoothing": smoothing}
            add("BinaryCrossentropy", options, label_logits if logits else labels)
            add("CategoricalCrossentropy", options, wide_logits if logits else one_hot)
            for gamma in (2.0, 0.5):
                add("BinaryFocalCrossentropy", {**options, "gamma": gamma}, label_logits if logits else labels)
                add("CategoricalFocalCrossentropy", {**options, "gamma": gamma}, wide_logits if logits else one_hot)
    add("BinaryFocalCrossentropy", {"applyClassBalancing": True, "alpha": 0.4}, labels)
    for ignore in (None, 2):
        add("SparseCategoricalCrossentropy", {"ignoreClass": ignore}, ids)
        add("SparseCategoricalCrossentropy", {"ignoreClass": ignore, "fromLogits": True}, id_logits)
    for name in ("MeanSquaredError", "MeanAbsoluteError", "LogCosh", "CosineSimilarity", "Huber"):
        add(name, {}, numbers)
    add("Huber", {"delta": 0.3}, numbers)
    for name in ("MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "Poisson"):
        add(name, {}, positive)
    for name in ("Hinge", "SquaredHinge"):
        add(name, {}, label_logits)
        add(name, {}, lambda n: (draw.integers(0, 2, n, 3).astype(np.float32) * 2 - 1, draw.normal(n, 3)))
    add("CategoricalHinge", {}, wide_logits)
    add("KLDivergence", {}, lambda n: (draw.probabilities(n, 4), draw.probabilities(n, 4)))
    for options in ({}, {"axis": -1}):
        add("Dice", options, labels)
        add("Tversky", options, labels)
        add("Tversky", {**options, "alpha": 0.7, "beta": 0.2}, labels)
    write("loss_options", SEED, {"cases": cases})


main()
