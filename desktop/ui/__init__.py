"""Qt only: window, pages, models and widgets. No SQL, no requests, no open file."""
