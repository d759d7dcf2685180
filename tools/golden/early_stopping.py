# SPDX-License-Identifier: MIT
"""EarlyStopping, driven by hand: a stand-in model whose weights are the number of the epoch just trained.

Where a value is NaN, Keras is given the worst number instead, an infinity: a NaN that comes first would win for ever there.
"""

import warnings
from typing import Any

from common import json_number, keras, np, set_precision, worst, write
from keras.src.trainers.compile_utils import CompileMetrics

NAMES = {
    "minDelta": "min_delta", "restoreBestWeights": "restore_best_weights", "startFromEpoch": "start_from_epoch",
}  # fmt: skip


class StandIn:
    """What EarlyStopping asks of a model."""

    def __init__(self) -> None:
        self.stop_training = False
        self.weight = -1
        self.optimizer = None
        metrics = CompileMetrics(["accuracy"], None)
        metrics.build(np.zeros((2, 1)), np.zeros((2, 1)))
        self.metrics = [metrics]

    def get_weights(self) -> int:
        return self.weight

    def set_weights(self, weight: int) -> None:
        self.weight = weight


def scenario(name: str, values: list[float | None], **options: Any) -> dict[str, Any]:
    """Runs epochs over `values` (None: the quantity is missing from the logs) until the callback stops them."""
    monitor = options.get("monitor", "val_loss")
    callback = keras.callbacks.EarlyStopping(**{NAMES.get(k, k): v for k, v in options.items()})
    model = StandIn()
    callback.set_model(model)
    written = [None if value is None else json_number(value) for value in values]
    result: dict[str, Any] = {"name": name, "options": options, "monitor": monitor, "values": written}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            callback.on_train_begin({})
            ran = 0
            for epoch, value in enumerate(values):
                callback.on_epoch_begin(epoch, {})
                model.weight = epoch
                seen = {} if value is None else {monitor: worst(value, options)}
                callback.on_epoch_end(epoch, {**seen, "other": 1.0})
                ran = epoch + 1
                if model.stop_training:
                    break
            callback.on_train_end({})
        except ValueError as error:
            return result | {"error": str(error).split(". ")[0]}
    best = None if callback.best is None else float(callback.best)
    if best == worst(float("nan"), options):
        best = "NaN"
    return result | {
        "epochsRun": ran, "stopped": model.stop_training, "stoppedEpoch": int(callback.stopped_epoch),
        "bestEpoch": int(callback.best_epoch), "best": best, "weightsOfEpoch": model.weight,
    }  # fmt: skip


def main() -> None:
    set_precision("float32")
    nan, inf = float("nan"), float("inf")
    down = [0.9, 0.7, 0.6, 0.65, 0.62, 0.61, 0.5]
    cases = [
        scenario("defaults stop at the first epoch that is no better", down),
        scenario("patience 1", down, patience=1),
        scenario("patience 2", down, patience=2),
        scenario("patience 3", down, patience=3),
        scenario("patience 4 lets the last improvement come", down, patience=4),
        scenario("equal is no improvement", [0.5, 0.5, 0.5], patience=2),
        scenario("restores the best", down, patience=2, restoreBestWeights=True),
        scenario("restores though never stopped", [0.9, 0.7, 0.8], patience=5, restoreBestWeights=True),
        scenario("best is the last", [0.9, 0.8, 0.7], patience=2, restoreBestWeights=True),
        scenario("min delta", [0.9, 0.85, 0.82, 0.7, 0.69], patience=2, minDelta=0.1),
        scenario("negative min delta is taken as its size", [0.9, 0.85, 0.82, 0.7], patience=2, minDelta=-0.1),
        scenario("exactly min delta", [1.0, 0.5, 0.0], patience=1, minDelta=0.5),
        scenario("accuracy rises, by auto", [0.5, 0.6, 0.55, 0.58], monitor="val_accuracy", patience=2),
        scenario("accuracy restored", [0.5, 0.6, 0.55, 0.58], monitor="val_accuracy", patience=2, restoreBestWeights=True),
        scenario("accuracy with mode min", [0.5, 0.6, 0.4, 0.45], monitor="accuracy", mode="min", patience=1),
        scenario("loss with mode max", [0.5, 0.6, 0.4, 0.45], monitor="loss", mode="max", patience=1),
        scenario("accuracy with min delta", [0.5, 0.55, 0.58, 0.7], monitor="accuracy", patience=2, minDelta=0.1),
        scenario("baseline never met", [0.9, 0.8, 0.7], baseline=0.5, patience=2),
        scenario("baseline never met, restore", [0.9, 0.8, 0.7, 0.6], baseline=0.5, patience=3, restoreBestWeights=True),
        scenario("baseline met in time", [0.9, 0.4, 0.45, 0.3], baseline=0.5, patience=2),
        scenario("improves, not on the baseline", [0.9, 0.8, 0.7, 0.4, 0.6], baseline=0.5, patience=3),
        scenario("baseline of accuracy", [0.5, 0.7, 0.9], monitor="accuracy", baseline=0.8, patience=2),
        scenario("starts from epoch 3", [0.1, 0.2, 0.3, 0.9, 0.8, 0.85, 0.9], startFromEpoch=3, patience=2),
        scenario(
            "starts from epoch 2, restore", [0.1, 0.2, 0.9, 0.8, 0.85], startFromEpoch=2, patience=1, restoreBestWeights=True
        ),
        scenario("ends before the start", [0.1, 0.2], startFromEpoch=5, restoreBestWeights=True),
        scenario("missing quantity is passed over", [0.9, None, 0.8, None, 0.85, 0.9], patience=2),
        scenario("never there", [None, None, None], restoreBestWeights=True),
        scenario("patience 0 with restore", [0.9, 0.95], restoreBestWeights=True),
        scenario("a quantity of no known direction", [0.5, 0.4], monitor="val_other", patience=1),
        scenario("NaN first", [nan, 0.9, 0.5, 0.2, 0.3], patience=3, restoreBestWeights=True),
        scenario("NaN first, and again", [nan, nan, 0.9, 0.95, nan, 0.8], patience=2, restoreBestWeights=True),
        scenario("NaN alone", [nan] * 5, patience=3, restoreBestWeights=True),
        scenario("NaN last", [0.9, 0.5, nan, nan], patience=2, restoreBestWeights=True),
        scenario("NaN between", [0.9, nan, 0.8, nan, 0.7], patience=2, restoreBestWeights=True),
        scenario("NaN first, where more is better", [nan, 0.2, 0.5, 0.4], mode="max", patience=2, restoreBestWeights=True),
        scenario("NaN first, and a smallest change", [nan, 0.9, 0.85, 0.6], patience=2, minDelta=0.1),
        scenario("NaN first, and a baseline", [nan, 0.9, 0.4, 0.45], patience=3, baseline=0.5),
        scenario("NaN before the start", [nan, nan, 0.5, 0.6, 0.7], patience=2, startFromEpoch=1, restoreBestWeights=True),
        scenario("an infinity first", [inf, 0.9, 0.5, 0.6], patience=2),
    ]
    write("early_stopping", None, {"cases": cases})


main()
