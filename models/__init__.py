"""The typed records of each topic and table, as Faust's own tools show them."""
