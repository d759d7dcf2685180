# SPDX-License-Identifier: MIT
"""Training of a few steps of whole models whose steps are masked, with every layer beside recurrent ones: what is
evaluated before, the loss of each step and the final weights. Layers are written as lib/native/binding.ts names them.

Metrics are those of evaluation: in training on JAX, outputs lose their mask on the way to Keras' metrics (not to its loss).
"""

from typing import Any

import corrected  # noqa: F401
from common import Draw, keras, np, number, numbers, native, pack, write
from models import layers

SEED = 36
STEPS = 6
BATCHES = 2


def tokens(draw: Draw, vocabulary: int, rows: int, steps: int) -> np.ndarray:
    """Zeros before, after and between; one row is full, one has no token at all."""
    result = draw.integers(1, vocabulary, rows, steps)
    result[draw.uniform(0, 1, rows, steps) < 0.3] = 0
    result[0] = draw.integers(1, vocabulary, steps)
    result[1] = 0
    return result


def values(draw: Draw, rows: int, steps: int, features: int) -> np.ndarray:
    """Steps of zeros as in `tokens`."""
    result = draw.normal(rows, steps, features)
    result[draw.uniform(0, 1, rows, steps) < 0.3] = 0
    result[1] = 0
    return result


def recurrent(kind: str, units: int, sequences: bool, **more: Any) -> dict[str, Any]:
    return {
        "kind": kind, "units": units, "activation": "tanh", "useBias": True, "returnSequences": sequences, **more,
    }  # fmt: skip


def dense(units: int, activation: str) -> dict[str, Any]:
    return {"kind": "dense", "units": units, "activation": activation, "useBias": True}


def sentiment(draw: Draw) -> tuple[Any, ...]:
    """Embedding with a mask -> LSTM -> Dense: one probability per row."""
    model = [layers.Embedding(12, 4, mask_zero=True), layers.LSTM(5), layers.Dense(1, activation="sigmoid")]
    batches = [(tokens(draw, 12, 5, 6), draw.integers(0, 2, 5, 1).astype(np.float32)) for _ in range(BATCHES)]
    config = [
        {"kind": "embedding", "inputDim": 12, "outputDim": 4, "maskZero": True},
        recurrent("lstm", 5, False), dense(1, "sigmoid"),
    ]  # fmt: skip
    return model, batches, "binary_crossentropy", "binary_accuracy", config


def tagger(draw: Draw) -> tuple[Any, ...]:
    """Embedding with a mask -> GRU -> layer normalization -> Bidirectional LSTM -> Dense: a class per step."""
    model = [
        layers.Embedding(9, 3, mask_zero=True),
        layers.GRU(4, return_sequences=True),
        layers.LayerNormalization(),
        layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
        layers.Dense(4, activation="softmax"),
    ]
    batches = [(tokens(draw, 9, 4, 5), draw.integers(0, 4, 4, 5)) for _ in range(BATCHES)]
    config = [
        {"kind": "embedding", "inputDim": 9, "outputDim": 3, "maskZero": True},
        recurrent("gru", 4, True, resetAfter=True),
        {"kind": "layer_normalization", "epsilon": 1e-3, "center": True, "scale": True},
        {
            "kind": "bidirectional", "mergeMode": "concat", "forward": recurrent("lstm", 3, True),
            "backward": recurrent("lstm", 3, True, goBackwards=True),
        },
        dense(4, "softmax"),
    ]  # fmt: skip
    return model, batches, "sparse_categorical_crossentropy", "sparse_categorical_accuracy", config


def regression(draw: Draw) -> tuple[Any, ...]:
    """Masking -> SimpleRNN with an activity penalty -> batch normalization -> GRU backwards -> Dense: numbers per step."""
    model = [
        layers.Masking(),
        layers.SimpleRNN(4, return_sequences=True),
        layers.ActivityRegularization(0.01, 0.02),  # Keras 3.15 forgets the activity_regularizer of a SimpleRNN
        layers.BatchNormalization(momentum=0.8),
        layers.GRU(3, return_sequences=True, go_backwards=True, reset_after=False),
        layers.Dense(2),
    ]
    batches = [(values(draw, 4, 5, 3), draw.normal(4, 5, 2)) for _ in range(BATCHES)]
    config = [
        {"kind": "masking", "maskValue": 0}, recurrent("simple_rnn", 4, True),
        {"kind": "activity_regularization", "l1": 0.01, "l2": 0.02},
        {"kind": "batch_normalization", "momentum": 0.8, "epsilon": 1e-3, "center": True, "scale": True},
        recurrent("gru", 3, True, goBackwards=True, resetAfter=False), dense(2, "linear"),
    ]  # fmt: skip
    return model, batches, "mean_squared_error", "mean_absolute_error", config


def carried(draw: Draw) -> tuple[Any, ...]:
    """Masking -> LSTM whose masked steps repeat -> Conv1D, which knows no mask -> pooling -> Bidirectional -> Dense."""
    model = [
        layers.Masking(),
        layers.LSTM(3, return_sequences=True),
        layers.Conv1D(4, 3, padding="causal", activation="relu"),
        layers.MaxPooling1D(2),
        layers.Bidirectional(layers.SimpleRNN(3), merge_mode="mul"),
        layers.Dense(3, activation="softmax"),
    ]
    batches = [(values(draw, 4, 7, 2), draw.one_hot(3, 4)) for _ in range(BATCHES)]
    config = [
        {"kind": "masking", "maskValue": 0}, recurrent("lstm", 3, True),
        {
            "kind": "conv1d", "filters": 4, "kernelSize": 3, "strides": 1, "padding": "causal", "dilationRate": 1,
            "groups": 1, "activation": "relu", "useBias": True,
        },
        {"kind": "pool1d", "pool": "max", "poolSize": 2, "strides": 2, "padding": "valid"},
        {
            "kind": "bidirectional", "mergeMode": "mul", "forward": recurrent("simple_rnn", 3, False),
            "backward": recurrent("simple_rnn", 3, False, goBackwards=True),
        },
        dense(3, "softmax"),
    ]  # fmt: skip
    return model, batches, "categorical_crossentropy", "categorical_accuracy", config


def averaged(draw: Draw) -> tuple[Any, ...]:
    """Masking -> GRU with zeros at masked steps -> the average over the steps that count -> repeated -> Dense."""
    model = [
        layers.Masking(),
        layers.GRU(3, return_sequences=True, zero_output_for_mask=True),
        layers.Dense(4, activation="tanh"),
        layers.GlobalAveragePooling1D(),
        layers.RepeatVector(3),
        layers.Reshape((4, 3)),
        layers.Flatten(),
        layers.Dense(2),
    ]
    batches = []
    for _ in range(BATCHES):
        x = values(draw, 4, 5, 2)
        x[:, 2] = draw.normal(4, 2)  # the average of a row without a step is not a number
        batches.append((x, draw.normal(4, 2)))
    config = [
        {"kind": "masking", "maskValue": 0}, recurrent("gru", 3, True, zeroOutputForMask=True), dense(4, "tanh"),
        {"kind": "global_pool1d", "pool": "average", "keepdims": False}, {"kind": "repeat_vector", "n": 3},
        {"kind": "reshape", "targetShape": [4, 3]}, {"kind": "flatten"}, dense(2, "linear"),
    ]  # fmt: skip
    return model, batches, "mean_squared_error", "mean_absolute_error", config


def turned(draw: Draw) -> tuple[Any, ...]:
    """Embedding with a mask -> LSTM backwards -> layer normalization -> GRU -> both ways, backwards first -> Dense."""
    model = [
        layers.Embedding(9, 3, mask_zero=True),
        layers.LSTM(4, return_sequences=True, go_backwards=True),
        layers.LayerNormalization(),
        layers.GRU(3, return_sequences=True),
        layers.Bidirectional(
            layers.SimpleRNN(3, return_sequences=True, go_backwards=True),
            backward_layer=layers.SimpleRNN(3, return_sequences=True),
            merge_mode="sum",
        ),
        layers.Dense(4, activation="softmax"),
    ]
    batches = [(tokens(draw, 9, 5, 6), draw.integers(0, 4, 5, 6)) for _ in range(BATCHES)]
    config = [
        {"kind": "embedding", "inputDim": 9, "outputDim": 3, "maskZero": True},
        recurrent("lstm", 4, True, goBackwards=True),
        {"kind": "layer_normalization", "epsilon": 1e-3, "center": True, "scale": True},
        recurrent("gru", 3, True, resetAfter=True),
        {
            "kind": "bidirectional", "mergeMode": "sum", "forward": recurrent("simple_rnn", 3, True, goBackwards=True),
            "backward": recurrent("simple_rnn", 3, True),
        },
        dense(4, "softmax"),
    ]  # fmt: skip
    return model, batches, "sparse_categorical_crossentropy", "sparse_categorical_accuracy", config


def scaled(draw: Draw, weight: Any) -> np.ndarray:
    if weight.name == "moving_variance":
        return draw.uniform(0.5, 2.0, *weight.shape)
    if len(weight.shape) == 1 or weight.name == "bias":
        return draw.normal(*weight.shape, scale=0.3)
    return draw.normal(*weight.shape, scale=0.8 / weight.shape[-2] ** 0.5)


def main() -> None:
    result = []
    for index, build in enumerate((sentiment, tagger, regression, carried, averaged, turned)):
        draw = Draw(SEED * 100 + index)
        stack, batches, loss, metric, config = build(draw)
        first = batches[0][0]
        dtype = "int32" if first.dtype == np.int32 else None
        model = keras.Sequential([keras.Input(first.shape[1:], dtype=dtype), *stack])
        weights = [scaled(draw, w) for w in model.weights]
        model.set_weights([native(w) for w in weights])
        model.compile(optimizer=keras.optimizers.Adam(0.02), loss=loss, metrics=[metric])
        outputs = [pack(model(native(x))) for x, _ in batches]
        evaluated = [numbers(model.test_on_batch(native(x), native(y))) for x, y in batches]
        losses = []
        for step in range(STEPS):
            x, y = batches[step % BATCHES]
            losses.append(number(model.train_on_batch(native(x), native(y))[0]))
        result.append(
            {
                "name": build.__name__, "layers": config, "inputShape": list(first.shape[1:]), "loss": loss,
                "metric": metric, "weights": [pack(w) for w in weights],
                "batches": [{"x": pack(x), "y": pack(y)} for x, y in batches], "outputs": outputs,
                "evaluated": evaluated, "losses": losses, "finalWeights": [numbers(w) for w in model.get_weights()],
            }  # fmt: skip
        )
    write("masked_models", SEED, {"learningRate": 0.02, "models": result})


main()
