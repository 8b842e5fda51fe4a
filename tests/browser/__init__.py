"""Tests of the start page in real Chromium, on counts and workers that a test makes up."""
