"""A provider of identities as a process of its own, with Authlib's server behind it."""
