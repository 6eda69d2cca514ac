"""The command `nightdesk`: one module a command, registered in `main`."""
