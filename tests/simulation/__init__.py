"""Many histories of the line in all weathers: both ends as they are, over an invented line and clock.

`python -m tests.simulation --examples 100000` · docs/protocol.md, section 10, says what is simulated and what is not.
"""
