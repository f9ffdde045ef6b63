"""What two offices agree on, and how they exchange it.

`contract` is the pure ground floor; `vault` is encryption at rest for both ends; `ledger` is what both ends of the
line implement; `client` is the township end and `county` the county end. The record itself lives here, not under
`desktop`, because both ends must judge it alike and the county server installs without the desk.
"""
