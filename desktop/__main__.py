"""`python -m desktop` opens the desk; `restore` and `drill` work without it (docs/backup.md)."""

import sys

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in ("restore", "drill"):
        # Imported here: a bare machine needs no screen to get its archive back.
        from desktop.commands import main
    else:
        from desktop.app import main
    sys.exit(main())
