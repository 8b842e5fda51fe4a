"""Tests of elfaust/overview: what a worker says, what that makes of roles, who asks."""
