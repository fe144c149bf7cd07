"""One module per kind of table, and `render`, which writes a table in three formats."""
