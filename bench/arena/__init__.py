"""Servers side by side: `python -m bench.arena`. One small file per idea:

profiles (what is asked, and the right answer), servers (who answers), process (their life, and what the system knows of
them), check (is the answer right?), load (wrk), measure (one figure), targets, report (tables).
"""
