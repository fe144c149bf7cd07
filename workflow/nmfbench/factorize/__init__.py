"""From splits to fits: the methods, the losses and the refit."""
