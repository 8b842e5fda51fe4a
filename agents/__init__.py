"""One module a role: the stream it reads, and what becomes of each batch."""
