"""The one exception for everything a user can get wrong."""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """Bad input: one line that names the file, the place and the remedy."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant, whatever the case of its letters.

    Returns
    -------
    str
        ``"did you mean 'x'?"``, or the list of known words where none is near.
    """
    names = {str(k).lower(): str(k) for k in sorted(known, key=str)}
    close = get_close_matches(str(word).lower(), names, n=1, cutoff=0.5)
    return f"did you mean '{names[close[0]]}'?" if close else f"known: {', '.join(names.values())}"
