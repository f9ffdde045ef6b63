"""Data without logic: kinds of record, codes, messages, looks, practice papers."""
