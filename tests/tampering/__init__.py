"""Sealed copies tampered with by everybody who could (篡改), and verifiers that would not notice."""
