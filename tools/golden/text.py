# SPDX-License-Identifier: MIT
"""Texts to numbers: TextVectorization over all modes and options, with ties and Unicode, and the legacy Tokenizer."""

import json
import random
import re
from typing import Any

from common import keras, numbers, pack, write
from keras.src.legacy.preprocessing import text as legacy

SEED = 41
# Few words, so that many are as frequent; cases, accents that are composed or not, signs beyond U+FFFF, marks, a final sigma.
WORDS = [
    "a", "A", "b", "cat", "Cat,", "don't", "e\u0301t\u00e9", "\u00c9T\u00c9", "\u03a3\u0391\u03a3", "\u0130x", "\U0001f600", "\ue000", "\uffee",
    "\U00010428z", "\U00010400z", "x-y", "[UNK]", "1.5", "7", "\u00a1hola!", "__proto__", "constructor", "(the)", "the", "the", "`q`", "{w}~", "\u4e2d\u6587",
]  # fmt: skip
GAPS = [" ", " ", " ", "  ", "\t", "\n", "\u00a0", " \r\n", "\x0b", "\u2003", "\x1f"]


def text_of(rng: random.Random, most: int = 8) -> str:
    """A random text; now and then an empty one, or one of gaps alone."""
    parts = [rng.choice(["", " "])]
    for _ in range(rng.randrange(0, most)):
        parts += [rng.choice(WORDS), rng.choice(GAPS)]
    return "".join(parts)


def snake(options: dict[str, Any]) -> dict[str, Any]:
    """Options under the names that Keras has for them."""
    return {re.sub(r"([A-Z])", lambda m: "_" + m[1].lower(), k): v for k, v in options.items()}


def plain(array: Any) -> dict[str, Any]:
    """Ids as integers, anything else as nine digits."""
    return pack(array)


def learnt(rng: random.Random) -> dict[str, Any]:
    """A layer that learns its vocabulary from texts, and is called on others."""
    mode = rng.choice(["int", "int", "multi_hot", "count", "tf_idf"])
    options: dict[str, Any] = {
        "outputMode": mode,
        "standardize": rng.choice(["lower_and_strip_punctuation", "lower", "strip_punctuation", None]),
        "split": rng.choice(["whitespace", "whitespace", "character"]),
        "ngrams": rng.choice([None, None, 2, 3, [1, 3], [2]]),
        "maxTokens": rng.choice([None, 4, 9, 30, 200]),
    }
    if mode == "int":
        options["outputSequenceLength"] = rng.choice([None, 1, 5, 40])
    else:
        options["padToMaxTokens"] = options["maxTokens"] is not None and rng.random() < 0.5
    arguments = snake(options)
    if isinstance(options["ngrams"], list):
        arguments["ngrams"] = tuple(options["ngrams"])
    layer = keras.layers.TextVectorization(**arguments)
    # Every case has words: of texts without any Keras learns nothing.
    texts = [text_of(rng) for _ in range(rng.randrange(1, 12))] + ["cat the " * 3]
    layer.adapt(texts)
    inputs = [text_of(rng) for _ in range(rng.randrange(1, 5))] + ["zebra cat"]
    if mode == "int" and options["split"] == "character" and options["outputSequenceLength"] is None:
        inputs = inputs[-2:]
    case = {"options": options, "texts": texts, "vocabulary": [str(w) for w in layer.get_vocabulary()], "inputs": inputs}
    case["outputs"] = plain(layer(inputs))
    case["one"] = plain(layer(inputs[-1]))
    if mode == "tf_idf":
        case["idfWeights"] = numbers(layer._lookup_layer.idf_weights_const.numpy()[: len(case["vocabulary"])])
    return case


def given() -> list[dict[str, Any]]:
    """Layers that are given their vocabulary, and inputs of other ranks."""
    words = ["earth", "wind", "and", "fire"]
    weights = [0.25, 0.75, 0.625, 0.375]
    rows = [["earth", "", "and"], ["fire", "water", "fire"]]
    cases = [
        ({"vocabulary": words}, ["earth and water", "fire"]),
        ({"vocabulary": words}, [["earth and water"], ["fire"]]),
        ({"vocabulary": words}, "wind earth"),
        ({"vocabulary": words}, ["", " "]),
        ({"vocabulary": ["", "[UNK]", *words]}, ["earth and water"]),
        ({"vocabulary": ["earth", "[UNK]"], "standardize": None}, ["[UNK] water earth"]),
        ({"vocabulary": words, "outputMode": "count"}, ["fire and fire", "water"]),
        ({"vocabulary": ["[UNK]", *words], "outputMode": "multi_hot"}, ["fire and fire", "water"]),
        ({"vocabulary": words, "outputMode": "tf_idf", "idfWeights": weights}, ["fire and fire water", "x"]),
        (
            {"vocabulary": ["[UNK]", *words], "outputMode": "tf_idf", "idfWeights": [0.5, *weights], "maxTokens": 8, "padToMaxTokens": True},
            ["fire and fire water", "x"],
        ),
        ({"vocabulary": words, "outputMode": "tf_idf", "idfWeights": weights, "maxTokens": 7, "padToMaxTokens": True}, ["wind x"]),
        ({"vocabulary": words, "split": None}, ["earth", "wind earth", "fire"]),
        ({"vocabulary": words, "split": None}, "fire"),
        ({"vocabulary": words, "split": None}, rows),
        ({"vocabulary": words, "split": None, "outputSequenceLength": 2}, rows),
        ({"vocabulary": words, "split": None, "outputSequenceLength": 5}, rows),
        ({"vocabulary": words, "split": None, "outputSequenceLength": 5}, ["earth", "wind"]),
        ({"vocabulary": words, "split": None, "outputMode": "multi_hot"}, ["earth", "", "wind"]),
        ({"vocabulary": words, "split": None, "outputMode": "count"}, rows),
        ({"vocabulary": ["earth wind", "wind"], "split": None, "ngrams": 2}, [["earth", "wind", "x"]]),
    ]
    results = []
    for options, inputs in cases:
        layer = keras.layers.TextVectorization(**snake(options))
        vocabulary = [str(w) for w in layer.get_vocabulary()]
        results.append({"options": options, "inputs": inputs, "vocabulary": vocabulary, "outputs": plain(layer(inputs))})
    return results


def documents() -> list[dict[str, Any]]:
    """What counts as a document where texts are split already or come in batches."""
    rows = [["a", "b", "a"], ["b", "c", "d"]]
    results = []
    for split, batches in ((None, [rows]), (None, rows), ("whitespace", [["a b", "b"], ["b c"]]), ("whitespace", ["a b", "b"])):
        layer = keras.layers.TextVectorization(split=split, output_mode="tf_idf")
        layer.adapt(batch for batch in batches)
        weights = numbers(layer._lookup_layer.idf_weights_const.numpy())
        results.append({"split": split, "batches": batches, "vocabulary": [str(w) for w in layer.get_vocabulary()], "idfWeights": weights})
    return results


def tokenizer(rng: random.Random) -> dict[str, Any]:
    """A tokenizer fitted twice, and everything that it then gives."""
    options: dict[str, Any] = {
        "numWords": rng.choice([None, None, 3, 8, 20]),
        "lower": rng.random() < 0.6,
        "charLevel": rng.random() < 0.25,
        "oovToken": rng.choice([None, "<OOV>", "the"]),
    }
    if rng.random() < 0.4:
        options.update(rng.choice([{"filters": ".,!"}, {"split": "a"}, {"split": "--", "filters": " \n"}, {"filters": ""}]))
    made = legacy.Tokenizer(**snake(options))
    texts = [text_of(rng) for _ in range(6)] + [["The", "cat", "cat"]]
    more = [text_of(rng) for _ in range(3)] + ["the end"]
    made.fit_on_texts(texts)
    made.fit_on_texts(more)
    inputs = [text_of(rng) for _ in range(4)] + ["the unseen cat", ["Cat,", "THE"]]
    sequences = made.texts_to_sequences(inputs)
    case = {"options": options, "texts": texts, "more": more, "inputs": inputs, "sequences": sequences}
    case["back"] = made.sequences_to_texts([*sequences, [0, 1, 2, 3, 99]])
    case["matrices"] = {mode: pack(made.texts_to_matrix(inputs, mode)) for mode in ("binary", "count", "freq", "tfidf")}
    case["json"] = made.to_json()
    case["wordIndex"] = list(made.word_index.items())
    return case


def main() -> None:
    rng = random.Random(SEED)
    write("text_vectorization", SEED, {"learnt": [learnt(rng) for _ in range(90)], "given": given(), "documents": documents()})
    plain_functions = []
    for _ in range(12):
        line = text_of(rng)
        case: dict[str, Any] = {"text": line, "words": legacy.text_to_word_sequence(line)}
        case["hashes"] = legacy.hashing_trick(line, 1000, hash_function="md5")
        plain_functions.append(case)
    sequences = legacy.Tokenizer(num_words=6)
    rows = [[1, 2, 2], [2, 5, 5, 7], []]
    sequences.fit_on_sequences(rows)
    fitted = {"rows": rows, "json": json.loads(sequences.to_json()), "tfidf": pack(sequences.sequences_to_matrix(rows, "tfidf"))}
    write("tokenizer", SEED, {"cases": [tokenizer(rng) for _ in range(30)], "functions": plain_functions, "sequences": fitted})


main()
