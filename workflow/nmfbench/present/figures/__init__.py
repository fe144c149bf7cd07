"""One module per figure, each with one function ``draw`` that returns a matplotlib Figure."""
