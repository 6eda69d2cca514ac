"""The agent node: a declared agent of the Agents SDK, and the code that decides what it may do and say."""
