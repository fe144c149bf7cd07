"""nmfbench: the referee for non-negative factorizations of mutational catalogues.

Four rooms, in the order the data takes; a room imports only from the rooms before it:
``data`` <- ``factorize`` <- ``compare`` <- ``present``.
"""

__version__ = "0.2.0"
