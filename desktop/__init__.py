"""What people at a desk use: the archive desk of a township office (民政档案工作台)."""

VERSION = "0.1.0"
