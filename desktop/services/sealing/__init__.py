"""What goes into a sealed copy (封存): its plan, its texts, its pages; docs/sealed-copy.md says what each is."""
