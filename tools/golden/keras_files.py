# SPDX-License-Identifier: MIT
"""Files of Keras 3: `.keras`, `.weights.h5` and the older `.h5`, and beside them what Keras predicts.

    KERAS_BACKEND=torch python tools/golden/keras_files.py

Writes test/golden/formats/keras/: the files, and predictions.json with inputs, outputs and the loss of the next step of
training. The models are made here, two for each kind of layer, and drawn by tools/differential, chains and graphs.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "differential"))

from files_side import Case, keras, np  # noqa: E402

OUT = Path(__file__).resolve().parents[2] / "test" / "golden" / "formats" / "keras"
SEED = 31
L = keras.layers


def chain(*layers: Any, shape: tuple[Any, ...] = (4, 3), dtype: str = "float32") -> keras.Model:
    return keras.Sequential([keras.Input(shape, dtype=dtype), *layers])


def words(*layers: Any) -> keras.Model:
    return chain(*layers, shape=(5,), dtype="int32")


def joined() -> keras.Model:
    """Every merge, and a dot product."""
    a, b = keras.Input((4, 3), name="a"), keras.Input((4, 3), name="b")
    merged = [getattr(L, name)()([a, b]) for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")]
    dots = L.Dot(axes=2, normalize=True)([a, b])
    return keras.Model([a, b], L.Concatenate()([*merged, dots]))


def attended() -> keras.Model:
    a = keras.Input((4, 3), name="a")
    b = L.Attention(use_scale=True, score_mode="concat")([a, a])
    c = L.AdditiveAttention()([b, a], use_causal_mask=True)
    d = L.MultiHeadAttention(2, 3, output_shape=3)(c, a)
    return keras.Model(a, L.GlobalAveragePooling1D()(L.LayerNormalization()(d)))


def attended_words() -> keras.Model:
    """Attention hands its mask on, as an operation in the file."""
    words = keras.Input((5,), dtype="int32", name="words")
    a = L.Embedding(9, 3, mask_zero=True)(words)
    b = L.AdditiveAttention()([L.Attention()([a, a]), a])
    return keras.Model(words, L.GlobalAveragePooling1D()(L.LSTM(2, return_sequences=True)(b)))


def decoder() -> keras.Model:
    """States handed over, and a shared embedding."""
    source, target = keras.Input((5,), dtype="int32", name="source"), keras.Input((5,), dtype="int32", name="target")
    embed = L.Embedding(9, 3, mask_zero=True, name="words")
    _, *states = L.LSTM(4, return_state=True)(embed(source))
    out = L.LSTM(4, return_sequences=True)(embed(target), initial_state=states)
    return keras.Model({"source": source, "target": target}, L.TimeDistributed(L.Dense(2, "softmax"))(out))


def nested() -> keras.Model:
    x = keras.Input((4, 3), name="x")
    i = keras.Input((None, 3))
    inner = keras.Model(i, L.Dense(3, "tanh")(i), name="inner")
    stack = keras.Sequential([keras.Input((4, 3)), L.GRU(3), L.Dense(2)], name="stack")
    return keras.Model(x, {"twice": inner(inner(x)), "last": stack(x)})


def sliced() -> keras.Model:
    x = keras.Input((4, 3), name="x")
    return keras.Model(x, [L.SimpleRNN(2)(x[:, 1:]), L.Dense(2)(x[:, -1]), L.Dense(1)(x[..., :2])])


def normalized() -> keras.Model:
    layer = L.Normalization()
    layer.adapt(np.arange(24, dtype=np.float32).reshape(2, 4, 3))
    return chain(layer, L.BatchNormalization(), L.UnitNormalization(), L.Dense(2))


ZOO = {
    "dense": lambda: chain(L.Dense(4, "relu", kernel_regularizer="l2"), L.Dropout(0.2), L.Dense(2), shape=(3,)),
    "activations": lambda: chain(L.Dense(3, "gelu"), L.Activation("hard_sigmoid"), L.LeakyReLU(0.1), L.PReLU(shared_axes=[1]), L.ReLU(6.0), L.ELU(0.5), L.Softmax()),
    "simple_rnn": lambda: chain(L.SimpleRNN(3, return_sequences=True), L.SimpleRNN(2, use_bias=False)),
    "lstm": lambda: words(L.Embedding(9, 3, mask_zero=True), L.LSTM(3, recurrent_constraint=keras.constraints.MaxNorm(2)), L.Dense(1, "sigmoid")),
    "gru": lambda: words(L.Embedding(9, 3), L.GRU(3, reset_after=False, return_sequences=True), L.GRU(2, go_backwards=True)),
    "bidirectional": lambda: words(L.Embedding(9, 3, mask_zero=True), L.Bidirectional(L.LSTM(2, return_sequences=True)), L.Bidirectional(L.GRU(2), merge_mode="ave", backward_layer=L.SimpleRNN(2, go_backwards=True))),
    "cells": lambda: chain(L.RNN([L.LSTMCell(3), L.GRUCell(2), L.SimpleRNNCell(2)], return_sequences=True), L.RNN(L.LSTMCell(2))),
    "conv1d": lambda: chain(L.Conv1D(4, 2, padding="causal", activation="relu"), L.MaxPooling1D(2), L.Flatten(), L.Dense(1)),
    "pooling": lambda: chain(L.ZeroPadding1D(1), L.AveragePooling1D(2), L.UpSampling1D(2), L.Cropping1D((1, 0)), L.GlobalMaxPooling1D()),
    "shapes": lambda: chain(L.Permute((2, 1)), L.Reshape((2, 6)), L.Flatten(), L.RepeatVector(2), L.Rescaling(0.5, 0.1)),
    "noise": lambda: chain(L.GaussianNoise(0.1, seed=3), L.SpatialDropout1D(0.2), L.GaussianDropout(0.1), L.Masking(), L.LSTM(2, dropout=0.1)),
    "normalized": normalized,
    "frozen": lambda: chain(L.Dense(3, trainable=False), L.TimeDistributed(L.Dense(2, "tanh")), L.ActivityRegularization(0.01)),
    "stateful": lambda: keras.Sequential([keras.Input(batch_shape=(2, 4, 3)), L.LSTM(2, stateful=True), L.Dense(1)]),
    "joined": joined,
    "attended": attended,
    "decoder": decoder,
    "nested": nested,
    "sliced": sliced,
    "functional": lambda: functional(),
    "attended_words": attended_words,
}  # fmt: skip


def functional() -> keras.Model:
    a, m = keras.Input((4, 3), name="an input"), keras.Input((4,), name="mask")
    out, h = L.GRU(3, return_sequences=True, return_state=True)(a, mask=m)
    return keras.Model([a, m], [L.Dense(1, name="steps")(out), L.Dense(1, name="state")(h)])


OPTIMIZERS = [
    lambda: keras.optimizers.Adam(0.01), lambda: keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    lambda: keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5), momentum=0.9),
    lambda: keras.optimizers.Nadam(0.01), lambda: keras.optimizers.Adagrad(0.1),
    lambda: keras.optimizers.AdamW(0.01, use_ema=True, gradient_accumulation_steps=2),
    lambda: keras.optimizers.Adamax(0.01, clipnorm=1.0), lambda: keras.optimizers.Adadelta(1.0),
]  # fmt: skip


def plain(array: Any) -> dict[str, Any]:
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": [float(f"{v:.9g}") for v in array.ravel().tolist()]}


def data(model: keras.Model, rng: Any) -> list[Any]:
    made = []
    struct = getattr(model, "_inputs_struct", None)
    for tensor in [struct[key] for key in sorted(struct)] if isinstance(struct, dict) else model.inputs:
        shape = (2, *tensor.shape[1:])
        if tensor.dtype == "int32":
            ids = rng.integers(1, 9, shape)
            ids[0, 3:] = 0
            made.append(ids.astype(np.int32))
        elif tensor.name == "mask":
            made.append((rng.random(shape) < 0.7).astype(np.float32))
        else:
            made.append(rng.standard_normal(shape).astype(np.float32))
    return made


def main() -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    records: dict[str, Any] = {}
    for index, (name, make) in enumerate(ZOO.items()):
        keras.utils.clear_session()
        keras.utils.set_random_seed(SEED + index)
        rng = np.random.default_rng(SEED + index)
        model = make()
        model.compile(OPTIMIZERS[index % len(OPTIMIZERS)](), loss="mse")
        xs = data(model, rng)
        given = xs if len(xs) > 1 else xs[0]
        if isinstance(getattr(model, "_inputs_struct", None), dict):
            given = dict(zip(sorted(model._inputs_struct), xs))
        for variable in model.weights:
            values = rng.standard_normal(variable.shape) * 0.3
            variable.assign(np.abs(values) + 0.5 if "variance" in variable.path else values)
        outputs = keras.tree.map_structure(np.asarray, model.predict_on_batch(given))
        targets = keras.tree.map_structure(lambda v: rng.standard_normal(v.shape).astype(np.float32), outputs)
        if name == "stateful":
            # Keras cannot train it on PyTorch.
            model.layers[0].reset_state()
        else:
            model.train_on_batch(given, targets)
        ends = [".h5"] if name in ("conv1d", "noise") else [".keras"]
        if name in ("lstm", "nested", "cells", "decoder"):
            ends += [".weights.h5", ".h5"] if name != "nested" else [".weights.h5"]
        for end in ends:
            path = OUT / f"{name}{end}"
            model.save_weights(path) if end == ".weights.h5" else model.save(path)
        flat = keras.tree.flatten(model.predict_on_batch(given))
        record = {"inputs": [plain(v) for v in xs], "outputs": [plain(v) for v in flat], "seeds": SEED + index}
        record["targets"] = [plain(v) for v in keras.tree.flatten(targets)]
        if isinstance(outputs, dict):
            record["names"] = sorted(outputs)
        if ends[0] == ".keras" and name not in ("dense", "noise", "stateful"):
            again = keras.saving.load_model(OUT / f"{name}.keras")
            loss = again.train_on_batch(given, targets)
            record["loss"] = float(loss[0] if isinstance(loss, (list, tuple)) else loss)
        for end in ends:
            records[f"{name}{end}"] = record
    with tempfile.TemporaryDirectory() as folder:
        index, drawn = -1, 0
        while drawn < 16:
            index += 1
            try:
                case = Case(SEED, index, folder)
            except RuntimeError:
                # Stateful layers, which Keras cannot train on PyTorch.
                continue
            drawn += 1
            name = f"drawn_{index}.keras"
            shutil.copy(Path(folder) / "keras.keras", OUT / name)
            record = {"inputs": [plain(v) for v in case.xs], "outputs": [plain(v) for v in case.outputs], "case": [SEED, index]}
            record["targets"] = [plain(v) for v in case.ys]
            if not case.noisy:
                record["loss"] = case.loss
            records[name] = record
    provenance = {"script": "tools/golden/keras_files.py", "keras": keras.__version__, "backend": keras.backend.backend()}
    lines = ",\n".join(f'"{name}": {json.dumps(record, separators=(",", ":"))}' for name, record in records.items())
    (OUT / "predictions.json").write_text(f'{{"provenance": {json.dumps(provenance)},\n"files": {{\n{lines}\n}}}}\n')
    print(len(records), "files")


if __name__ == "__main__":
    main()
