"""Who calls, and with which right: members, administrators, bells; and the one way to the database."""
