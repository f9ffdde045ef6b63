"""Pages: reading PDF and pictures in a killable child process, text recognition, the scanner folder."""
