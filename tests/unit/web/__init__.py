"""Tests of elfaust/web: the HTML, and how requests are answered."""
