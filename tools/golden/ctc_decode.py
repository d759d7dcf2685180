# SPDX-License-Identifier: MIT
"""Labels from logits: greedy, and by beams of several widths."""

from typing import Any

from common import Draw, keras, native, np, number, pack, write

SEED = 73


def case(note: str, logits: np.ndarray, lengths: Any, **options: Any) -> dict[str, Any]:
    """One batch; a path that there is not has the score null."""
    lengths = np.array(lengths, np.int32)
    labels, scores = keras.ops.ctc_decode(native(logits), lengths, **options)
    scores = np.asarray(scores)
    return {
        "note": note, "logits": pack(logits), "lengths": lengths.tolist(), "options": options, "labels": pack(labels),
        "scores": [[number(v) if np.isfinite(v) else None for v in row] for row in scores],
    }  # fmt: skip


def main() -> None:
    draw = Draw(SEED)
    full, short = draw.normal(5, 9, 4, scale=2), draw.normal(4, 6, 3, scale=0.7)
    # Few classes that repeat: equal labels with and without a blank between them, paths that come back.
    sharp = draw.normal(6, 12, 3, scale=4)
    wide = draw.normal(3, 8, 12)
    lengths = [9, 4, 1, 7, 9]
    cases = []
    for merge in (True, False):
        cases.append(case(f"greedy, merge_repeated={merge}", full, lengths, merge_repeated=merge))
        cases.append(case(f"greedy, last class masked, merge_repeated={merge}", sharp, [12] * 6, merge_repeated=merge, mask_index=None))
        cases.append(case(f"greedy, class 1 masked, merge_repeated={merge}", sharp, [12, 11, 5, 3, 2, 1], merge_repeated=merge, mask_index=1))
    for width in (1, 2, 3, 5, 20, 100):
        top = min(width, 3)
        beams: dict[str, Any] = {"strategy": "beam_search", "beam_width": width, "top_paths": top}
        cases.append(case(f"{width} beams", full, lengths, **beams))
        cases.append(case(f"{width} beams, short", short, [6, 5, 2, 1], **beams))
        cases.append(case(f"{width} beams, sharp, last class masked", sharp, [12, 11, 5, 3, 2, 1], **beams, mask_index=None))
        cases.append(case(f"{width} beams, sharp, class 1 masked", sharp, [12] * 6, **beams, mask_index=1))
        cases.append(case(f"{width} beams, many classes", wide, [8, 6, 8], **beams))
    cases.append(case("more paths than there are", short[:, :1, :], [1] * 4, strategy="beam_search", beam_width=10, top_paths=6))
    cases.append(case("ties: equal logits", np.zeros((1, 4, 3), np.float32), [4], strategy="beam_search", beam_width=4, top_paths=4))
    write("ctc_decode", SEED, {"cases": cases})


main()
