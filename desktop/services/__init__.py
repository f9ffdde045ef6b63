"""What people do: plain Python, no Qt, no SQL; each runs headless and returns what changed."""
