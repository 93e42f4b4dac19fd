"""Servers side by side: `python -m bench.arena`. One small file per idea:

profiles (what is asked, and the right answer), servers (who answers), apps/ (with what), tools (a certificate, the
floor in C), environment (where the peers are installed), process (a server's life, and what the system knows of it),
check (is the answer right?), load (wrk), measure (one figure), targets, report (tables), plot and publish.
"""
