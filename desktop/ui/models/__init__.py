"""How data reaches a view: in pages of rows, never all at once."""
