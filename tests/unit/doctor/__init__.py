"""Tests of elfaust/doctor. `fakes` plays a cursor of MySQL and a schema wiki."""
