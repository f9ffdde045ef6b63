"""Attacks on audit logs: each kind on many random histories, and exactly the outcome that docs/audit.md, section 5, promises."""
