"""Imports (导入): a table from outside becomes records, judged row by row, and can be taken back as a whole (docs/imports.md)."""
