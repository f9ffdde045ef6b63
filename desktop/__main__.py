"""`python -m desktop` opens the desk; `restore`, `drill` (docs/backup.md), `export-all` and `import-all` (docs/open-export.md), `audit` (docs/audit.md) work without it."""

import sys

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in (
        "restore",
        "drill",
        "export-all",
        "import-all",
        "check-extract",
        "check-received",
        "audit",
    ):
        # Imported here: a bare machine needs no screen to get its archive back.
        from desktop.commands import main
    else:
        from desktop.app import main
    sys.exit(main())
