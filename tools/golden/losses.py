# SPDX-License-Identifier: MIT
"""Losses: the value per sample, the mean that Keras trains on, and its gradient with respect to the prediction."""

from typing import Any

from common import Draw, computed, jax, keras, native, np, number, pack, write

SEED = 24
losses = keras.losses


def case(kind: str, loss: Any, target: np.ndarray, prediction: np.ndarray, from_logits: bool, note: str) -> dict:
    """One loss on one pair of arrays."""
    y = native(target)
    p = native(prediction)
    loss.reduction = None
    each = loss(y, p)
    loss.reduction = "sum_over_batch_size"
    return {
        "loss": kind, "fromLogits": from_logits, "note": note, "target": pack(target), "prediction": pack(prediction),
        "perSample": computed(each), "value": number(loss(y, p)), "gradient": computed(jax.grad(lambda v: loss(y, v))(p)),
    }  # fmt: skip


def main() -> None:
    draw = Draw(SEED)
    cases = []
    for shape in [(5, 1), (4, 3), (2, 3, 4), (7, 2, 1)]:
        target = draw.integers(0, 2, *shape).astype(np.float32)
        soft = draw.uniform(0.05, 0.95, *shape)
        for y, note in ((target, "hard targets"), (soft, "soft targets")):
            probability, logits = draw.uniform(0.02, 0.98, *shape), draw.normal(*shape, scale=3.0)
            cases.append(case("binary_crossentropy", losses.BinaryCrossentropy(), y, probability, False, note))
            cases.append(case("binary_crossentropy", losses.BinaryCrossentropy(True), y, logits, True, note))
    far = np.array([[-80, 60], [45, -30], [12, -17]], np.float32)
    opposite = np.array([[1, 0], [1, 1], [0, 0]], np.float32)
    cases.append(case("binary_crossentropy", losses.BinaryCrossentropy(True), opposite, far, True, "far logits"))
    edges = np.array([[0, 1], [1, 0]], np.float32)
    cases.append(
        case("binary_crossentropy", losses.BinaryCrossentropy(), opposite[:2], edges, False, "clipped at epsilon")
    )
    single = losses.BinaryCrossentropy(dtype="float32")(opposite[:2], edges)
    cases[-1]["valueInFloat32"] = number(single)
    for shape in [(5, 4), (2, 3, 6), (3, 17)]:
        k = shape[-1]
        hard = draw.one_hot(k, *shape[:-1])
        for y, note in ((hard, "one-hot"), (draw.probabilities(*shape), "soft targets")):
            logits = draw.normal(*shape, scale=2.0)
            for probability, more in ((draw.probabilities(*shape), ""), (draw.uniform(0.1, 0.9, *shape), ", rows not of sum 1")):
                cases.append(
                    case("categorical_crossentropy", losses.CategoricalCrossentropy(), y, probability, False, note + more)
                )
            cases.append(case("categorical_crossentropy", losses.CategoricalCrossentropy(True), y, logits, True, note))
        ids = draw.integers(0, k, *shape[:-1])
        logits = draw.normal(*shape, scale=2.0)
        kind = "sparse_categorical_crossentropy"
        for y, note in ((ids, "ids"), (ids[..., None], "ids with a last axis of 1")):
            cases.append(case(kind, losses.SparseCategoricalCrossentropy(), y, draw.probabilities(*shape), False, note))
            cases.append(case(kind, losses.SparseCategoricalCrossentropy(from_logits=True), y, logits, True, note))
    for shape in [(5, 1), (4, 3), (2, 3, 4)]:
        y, p = draw.normal(*shape), draw.normal(*shape)
        cases.append(case("mean_squared_error", losses.MeanSquaredError(), y, p, False, ""))
        cases.append(case("mean_absolute_error", losses.MeanAbsoluteError(), y, p, False, ""))
    write("losses", SEED, {"cases": cases})


main()
