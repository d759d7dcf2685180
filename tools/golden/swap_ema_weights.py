# SPDX-License-Identifier: MIT
"""SwapEMAWeights driven by hand: which weights the model has after each hook of a fit and of an evaluation."""

from types import SimpleNamespace
from typing import Any

from common import keras, np, set_precision, write


def fit(name: str, swap_on_epoch: bool, epochs: int, validates: bool) -> dict[str, Any]:
    """Training makes the weight 1, 2, ... and the average a tenth of it; [hook, weight after it] in order."""
    weight, average = keras.Variable(np.zeros(1)), keras.Variable(np.zeros(1))
    optimizer = SimpleNamespace(_trainable_variables=[weight], _model_variables_moving_average=[average])
    callback = keras.callbacks.SwapEMAWeights(swap_on_epoch=swap_on_epoch)
    callback.set_model(SimpleNamespace(optimizer=optimizer))
    callback.set_params({"epochs": epochs})
    seen: list[tuple[str, float]] = []

    def see(hook: str) -> None:
        seen.append((hook, round(float(weight.numpy()[0]), 4)))

    def call(hook: str, *args: Any) -> None:
        getattr(callback, hook)(*args)
        see(hook)

    call("on_train_begin")
    for epoch in range(epochs):
        call("on_epoch_begin", epoch)
        weight.assign(np.full(1, 1.0 + epoch))
        average.assign(np.full(1, (1.0 + epoch) / 10))
        if validates:
            call("on_test_begin")
            call("on_test_end")
        call("on_epoch_end", epoch)
    weight.assign(average)  # as Keras' trainers do
    call("on_train_end")
    call("on_test_begin")
    call("on_test_end")
    return {"name": name, "swapOnEpoch": swap_on_epoch, "epochs": epochs, "validates": validates, "seen": seen}


def main() -> None:
    set_precision("float32")
    write("swap_ema_weights", None, {
        "fits": [
            fit("for validation", False, 2, True),
            fit("without validation", False, 2, False),
            fit("from epoch to epoch, too", True, 3, True),
            fit("from epoch to epoch alone", True, 2, False),
        ],
    })  # fmt: skip


main()
