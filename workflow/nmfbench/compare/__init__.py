"""How the models compare: similarity, the long table of scores, the consensus signatures."""
