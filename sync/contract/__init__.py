"""The ground floor, pure: records, kinds, numbers, dates, validation, revisions, batches and the wire."""
