"""The local encrypted archive (本机档案库): tables, the one writer, search index, numbering, attachments, outbox."""
