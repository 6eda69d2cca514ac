"""Headers of a mail: who sent it, whether a machine did, and what it answers."""
