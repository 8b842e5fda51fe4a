"""Compiling and running schemas of every draft, in a bounded number of steps; not finding them."""
