"""Data: catalogues, sources, splits, seeds, simulation and reference signatures."""
