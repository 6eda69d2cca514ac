"""The models behind the Agents SDK's `Model`: the embedded, extractive one and a remote one."""
