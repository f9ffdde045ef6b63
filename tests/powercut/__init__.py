"""Nothing lost: the disk as a power cut could leave it, calls of the system that fail, and what the product makes of it.

`python -m tests.powercut --states 20000` · docs/faults.md says what is simulated and what is not.
"""
