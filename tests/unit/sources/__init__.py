"""Tests of elfaust/sources. `kafka` plays Kafka, `reader` plays the forwarder for one file."""
