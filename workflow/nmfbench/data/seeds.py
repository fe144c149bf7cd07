"""Random seeds that depend on names, not on the order in which things are run."""

import hashlib
import json

from numpy.random import SeedSequence


def seed_sequence(seed: int, *words: str | int) -> SeedSequence:
    """Derive a seed from the study's seed and the words that say what it is for.

    Stable across processes and machines (Python's own ``hash`` is salted). A number and its
    text are the same word, since numbers come out of file names as text.

    Parameters
    ----------
    seed : int
        The study's seed.
    words : str or int
        For example cohort, scheme, split, method.

    Returns
    -------
    SeedSequence
        With 256 bits of entropy: SHA-256 of seed and words.
    """
    text = json.dumps([str(word) for word in (seed, *words)])
    return SeedSequence(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))
