"""A worker process: its boot, readiness, state and supervisor; what a role does is in agents."""
