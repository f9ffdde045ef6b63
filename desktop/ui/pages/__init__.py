"""What is on the screen between navigation and foot, one module a page; a page collects and shows, it never decides."""
