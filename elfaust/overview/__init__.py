"""What stands now: the workers of this machine, what each waits for or holds, and its lag.

What one worker says (worker_said.py), what that makes of roles and topics (overview.py), and who
asks them (look.py).
"""
