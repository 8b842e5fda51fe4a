"""Whether a configuration can run: checks of settings and servers, each with its cure.

Nothing here mends anything, and nothing is left behind on a server.
"""
