"""`nightdesk company`: whether the company's folder is complete."""
