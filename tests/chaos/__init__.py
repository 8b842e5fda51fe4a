"""Trials on real servers in which processes, servers and tables fail under load."""
