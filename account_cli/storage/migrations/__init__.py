"""How a database of any older schema becomes one of the present schema, one step a file."""
