"""One file a revision. Its statements are frozen: they say what the tables were then, not what they are now."""
