"""What is sent for charts: exact counts to Carbon, EventLogging's counters to StatsD."""
