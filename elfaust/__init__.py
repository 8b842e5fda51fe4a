"""elfaust: EventLogging as a Faust stream-table application."""

__version__ = "0.1.0"
