"""The one exception for everything a user can get wrong."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST_SHOWN = 20  # of known words


class InputError(ValueError):
    """Bad input: one line that names the file, the place and the remedy.

    What it quotes may have line breaks or escapes of a terminal in it: they are written out.
    """

    def __init__(self, message: str) -> None:
        shown = (x if x.isprintable() else ascii(x)[1:-1] for x in message)
        super().__init__("".join(shown))


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant, whatever the case of its letters.

    Returns
    -------
    str
        ``"did you mean 'x'?"``, or the list of known words where none is near.
    """
    names = {str(k).lower(): str(k) for k in sorted(known, key=str)}
    close = get_close_matches(str(word).lower(), names, n=1, cutoff=0.5)
    if close:
        return f"did you mean '{names[close[0]]}'?"
    shown = list(names.values())
    more = f" and {len(shown) - MOST_SHOWN} more" if len(shown) > MOST_SHOWN else ""
    return f"known: {', '.join(shown[:MOST_SHOWN])}{more}"
