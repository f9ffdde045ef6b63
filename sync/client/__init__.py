"""The township end of the line: session, transfer, enrolment, staff calls."""
