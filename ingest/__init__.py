"""From a channel's bytes to one InboundMessage on the bus, and from the bus to a handler."""
