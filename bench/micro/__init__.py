"""The twins call by call: one table of cases (cases.py), for pytest-benchmark (test_micro.py) and for ratios.py."""
