"""From a raw line to its verdict: an event, or an EventError that says what is wrong.

Everything here is about one line at a time; the order of lines and Kafka are in lanes and delivery.
"""
