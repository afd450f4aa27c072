"""Who may be proposed to whom, and what each filter leaves."""
