"""Vectors written as text: base64 of what pgvector's `vector_send` gives.

That is a 16-bit number of dimensions, 16 bits of nothing, and a 32-bit float for each dimension, all
big-endian. A whole column of such texts is decoded at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_HEAD = 4
"""Bytes before the numbers."""
_NONE = 255
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_VALUES = np.full(256, _NONE, dtype=np.uint8)
_VALUES[np.frombuffer(_ALPHABET, dtype=np.uint8)] = np.arange(64)


def vectors_of_texts(texts: Sequence[str], dimensions: int) -> npt.NDArray[np.float64] | None:
    """(texts, dimensions) finite numbers; None where any text is no vector of as many dimensions.

    Line ends inside a text are passed over, as databases break long ones.
    """
    length = _HEAD + 4 * dimensions
    letters = 4 * -(-length // 3)
    together = "".join(texts)
    if "\n" in together:
        texts = [text.replace("\n", "") for text in texts]
        together = "".join(texts)
    if not (set(map(len, texts)) <= {letters} and together.isascii()):
        return None
    found = _decoded(np.frombuffer(together.encode(), dtype=np.uint8).reshape(-1, letters), length)
    if found is None:
        return None
    head = found[:, :_HEAD].copy().view(">i2")
    numbers = found[:, _HEAD:].copy().view(">f4").astype(np.float64)
    if not ((head == [dimensions, 0]).all() and np.isfinite(numbers).all()):
        return None
    return numbers


def _decoded(letters: npt.NDArray[np.uint8], length: int) -> npt.NDArray[np.uint8] | None:
    """The `length` bytes that each row of letters stands for; None where one is no base64 of as many."""
    padding = -length % 3
    used = letters.shape[1] - padding
    values = _VALUES[letters]
    if (letters[:, used:] != ord("=")).any() or (values[:, :used] == _NONE).any():
        return None
    values[:, used:] = 0
    first, second, third, fourth = (values[:, at::4] for at in range(4))
    found = np.empty((len(letters), 3 * (letters.shape[1] // 4)), dtype=np.uint8)
    found[:, ::3] = first << 2 | second >> 4
    found[:, 1::3] = second << 4 | third >> 2
    found[:, 2::3] = third << 6 | fourth
    return found[:, :length]
