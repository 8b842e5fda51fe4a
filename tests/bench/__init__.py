"""Measurements of speed that are run by hand; no test is here."""
