# SPDX-License-Identifier: MIT
"""CTC: the value of each sample, its reductions under weights, gradients, and a model that is trained with it."""

from typing import Any

from common import Draw, computed, jax, keras, native, np, number, pack, write

SEED = 71
CTC = keras.losses.CTC
REDUCTIONS = ("sum_over_batch_size", "sum", "mean_with_sample_weight")


def case(note: str, target: np.ndarray, logits: np.ndarray, weight: Any) -> dict[str, Any]:
    """One batch of labels and logits."""
    x, w = jax.numpy.asarray(native(logits)), None if weight is None else native(weight)
    return {
        "note": note, "target": pack(target), "prediction": pack(logits), "weight": None if weight is None else pack(weight),
        "perSample": computed(CTC(reduction=None)(target, x, sample_weight=w)),
        "values": {reduction: number(CTC(reduction=reduction)(target, x, sample_weight=w)) for reduction in REDUCTIONS},
        "gradient": computed(jax.grad(lambda v: CTC()(target, v, sample_weight=w))(x)),
    }  # fmt: skip


def trained(draw: Draw, weight: Any) -> dict[str, Any]:
    """Losses of full batches under plain gradient descent."""
    model = keras.Sequential(
        [
            keras.layers.Input((6, 3)),
            keras.layers.SimpleRNN(5, return_sequences=True),
            keras.layers.Dense(4),
        ]
    )
    model.set_weights([draw.normal(*w.shape, scale=0.5) for w in model.weights])
    x, y = draw.normal(7, 6, 3), np.array([[1, 2, 3], [2, 0, 0], [1, 1, 0], [3, 2, 0], [0, 0, 0], [3, 3, 3], [2, 1, 2]])
    weights = [pack(w) for w in model.get_weights()]
    model.compile(keras.optimizers.SGD(0.1), loss=CTC())
    losses = [number(model.train_on_batch(native(x), y, sample_weight=weight)) for _ in range(8)]
    return {
        "x": pack(x), "y": pack(y), "sampleWeight": None if weight is None else pack(weight), "weights": weights,
        "losses": losses, "trained": [pack(w) for w in model.get_weights()],
    }  # fmt: skip


def main() -> None:
    draw = Draw(SEED)
    cases = []
    shapes = [
        ("one label", [[1]], 4, 3),
        ("labels of several lengths", [[1, 2, 3], [2, 1, 0], [3, 0, 0], [0, 0, 0]], 6, 4),
        ("repeated labels", [[1, 1, 0, 0], [2, 2, 2, 0], [1, 2, 2, 1], [3, 3, 1, 1]], 7, 4),
        ("more room for labels than timesteps", [[1, 2, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0]], 4, 3),
        ("just enough timesteps", [[1, 2, 3], [1, 1, 0]], 3, 4),
        ("labels that do not fit", [[1, 2, 3], [1, 1, 1], [1, 2, 0], [2, 2, 2]], 3, 4),
        ("a single timestep", [[1], [0], [2]], 1, 3),
    ]
    for note, labels, steps, classes in shapes:
        target = np.array(labels, np.int32)
        for scale, more in ((1.0, ""), (20.0, ", far logits")):
            logits = draw.normal(len(labels), steps, classes, scale=scale)
            cases.append(case(note + more, target, logits, None))
            cases.append(case(note + more + ", weights", target, logits, draw.uniform(0, 2, len(labels))))
    cases.append(case("many classes", np.array([[257, 17, 17]], np.int32), draw.normal(1, 6, 261), None))
    models = [trained(draw, None), trained(draw, draw.uniform(0, 2, 7))]
    write("ctc", SEED, {"cases": cases, "models": models})


main()
