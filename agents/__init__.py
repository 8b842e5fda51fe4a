"""What each role does: the stream it reads, and what becomes of each batch; sinks share one."""
