"""The staff's calls fuzzed: `python -m tests.fuzz_staff`."""
