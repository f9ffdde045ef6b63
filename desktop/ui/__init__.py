"""Windows and pages (Qt only): no SQL, no requests, no open file; every act is asked of a service."""
