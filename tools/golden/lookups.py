# SPDX-License-Identifier: MIT
"""Strings and integers to ids: StringLookup and IntegerLookup over all modes and options, and the hashes of unknown ones."""

import random
import re
from typing import Any

import tensorflow as tf
from common import keras, np, numbers, pack, write
from keras.src.layers.preprocessing.index_lookup import IndexLookup

SEED = 43
WORDS = ["a", "b", "cat", "dog", "été", "ΣΑΣ", "\U0001f600", "￮", "[UNK]", "[PAD]", "", "x y", "__proto__", "7"]
NUMBERS = [0, -1, 1, 2, 5, 7, 12, 36, 1138, 42, -8, 2**31, 2**40 + 1, -(2**35)]


def snake(options: dict[str, Any]) -> dict[str, Any]:
    """Options under the names that Keras has for them."""
    return {re.sub(r"([A-Z])", lambda m: "_" + m[1].lower(), k): v for k, v in options.items()}


def inputs_of(rng: random.Random, pool: list[Any], rank: int) -> Any:
    """Tokens of some shape."""
    shape = {0: (), 1: (rng.randrange(1, 5),), 2: (rng.randrange(1, 4), rng.choice([1, 3])), 3: (2, 2, 2)}[rank]
    if not shape:
        return rng.choice(pool)
    flat = [rng.choice(pool) for _ in range(int(np.prod(shape)))]
    return np.array(flat, dtype=object).reshape(shape).tolist()


def output_of(layer: Any, inputs: Any, is_text: bool) -> dict[str, Any]:
    """What the layer makes of its inputs: numbers, or texts."""
    # Below the conversion to JAX, which has no texts.
    out = IndexLookup.call(layer, tf.constant(inputs, tf.string if is_text else tf.int64)).numpy()
    out = np.array(out)
    if out.dtype.kind in "OSU":
        flat = [v.decode() if isinstance(v, bytes) else str(v) for v in out.ravel()]
        return {"shape": list(out.shape), "texts": flat}
    if out.dtype.kind == "i":
        return {"shape": list(out.shape), "data": [int(v) for v in out.ravel()]}
    return pack(out)


def case(rng: random.Random, is_text: bool) -> dict[str, Any]:
    """One layer that learns its vocabulary, or is given one, called on inputs of a shape."""
    pool = WORDS if is_text else NUMBERS
    mode = rng.choice(["int", "int", "one_hot", "multi_hot", "count", "tf_idf"])
    invert = mode == "int" and rng.random() < 0.4
    oov = rng.choice([0, 1, 1, 1, 2, 3])
    mask = rng.choice([None, None, "" if is_text else 0, "[PAD]" if is_text else -1])
    options: dict[str, Any] = {"outputMode": mode, "invert": invert, "numOovIndices": oov, "maskToken": mask}
    if not is_text and mask == -1:
        options["oovToken"] = -8
    elif rng.random() < 0.3:
        options["oovToken"] = "unknown" if is_text else -99
    if oov > 1 and rng.random() < 0.4:
        options["salt"] = rng.choice([7, [133, 137]])
    if not is_text and (options.get("salt") is not None or (oov > 1 and rng.random() < 0.4)):
        options["oovMethod"] = "farmhash"
    special = oov + (1 if mask is not None and mode == "int" else 0)
    options["maxTokens"] = rng.choice([None, special + 2, special + 4, 40])
    if mode != "int":
        options["padToMaxTokens"] = options["maxTokens"] is not None and rng.random() < 0.5
    make = keras.layers.StringLookup if is_text else keras.layers.IntegerLookup
    oov_token = options.get("oovToken", "[UNK]" if is_text else -1)
    known = [v for v in pool if v not in (mask, oov_token)]
    rng.shuffle(known)
    entry: dict[str, Any] = {"options": options}
    if rng.random() < 0.5:
        layer = make(**snake(options))
        documents = [[rng.choice(pool) for _ in range(4)] for _ in range(rng.randrange(2, 9))]
        layer.adapt(np.array(documents))
        entry["documents"] = documents
    else:
        vocabulary = known[: (options["maxTokens"] or 99) - special][: rng.randrange(1, 7)]
        if rng.random() < 0.5:
            vocabulary = ([mask] if special > oov else []) + [oov_token] * oov + vocabulary
        layer = make(**snake(options))
        weights = [rng.randrange(1, 64) / 16 for _ in vocabulary] if mode == "tf_idf" else None
        layer.set_vocabulary(vocabulary, weights)
        entry |= {"vocabulary": vocabulary, "idfWeights": weights}
    entry["learnt"] = [int(v) if not is_text else str(v) for v in layer.get_vocabulary()]
    entry["size"] = layer.vocabulary_size()
    if mode == "tf_idf":
        entry["weights"] = numbers(layer.idf_weights)
    tokens = [v for v in layer.get_vocabulary(include_special_tokens=False)]
    tokens = [str(v) for v in tokens] if is_text else [int(v) for v in tokens]
    asked = tokens if oov == 0 else pool
    if invert:
        asked, is_text_input = list(range(-1, entry["size"] + 2)), False
    else:
        is_text_input = is_text
    rank = rng.choice([0, 1, 1, 2, 2, 3] if mode in ("int", "one_hot") else [0, 1, 1, 2, 2])
    entry["inputs"] = inputs_of(rng, asked, rank)
    entry["outputs"] = output_of(layer, entry["inputs"], is_text_input)
    return entry


def hashes(rng: random.Random) -> list[dict[str, Any]]:
    """Buckets of texts of every length, by both hashes."""
    results = []
    for length in [*range(0, 70), 96, 127, 128, 129, 192, 193, 500]:
        text = "".join(rng.choice("abcdefghijklmnop éΣ\U0001f600") for _ in range(length))
        # Enough buckets that one bit of the hash that is wrong is seen.
        buckets = 2**53 - 111
        key = [rng.randrange(0, 2**53), rng.randrange(0, 2**53)]
        results.append({
            "text": text, "buckets": buckets, "key": key,
            "farmhash": str(int(tf.strings.to_hash_bucket_fast(text, buckets))),
            "siphash": str(int(tf.strings.to_hash_bucket_strong(text, buckets, key))),
        })  # fmt: skip
    return results


def main() -> None:
    rng = random.Random(SEED)
    texts = [case(rng, True) for _ in range(90)]
    integers = [case(rng, False) for _ in range(90)]
    write("lookups", SEED, {"texts": texts, "integers": integers, "hashes": hashes(rng)})


main()
