"""Tests that need no server, each beside nothing but its subject: this folder mirrors elfaust/."""
