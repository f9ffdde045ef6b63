"""Encryption at rest for both ends: key slots, the SQLCipher engine, sealed files, the audit log, sealed copies."""
