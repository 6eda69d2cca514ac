"""The entry points of the product: settings, HTTP API, pages, MCP server, commands, and the embedded parts."""
