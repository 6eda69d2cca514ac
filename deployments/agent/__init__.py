"""The agent node: an agent of the OpenAI Agents SDK, its tools, and the rules and checks around it."""
