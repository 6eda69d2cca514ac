"""The identity node, and linking an address with a number."""
