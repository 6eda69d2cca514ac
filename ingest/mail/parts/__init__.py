"""The parts of a mail: bytes to text, whatever the mail says of its charsets and encodings."""
