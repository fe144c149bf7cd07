"""Present: the tables, figures and words of the manuscript, drawn from the result tables alone."""
