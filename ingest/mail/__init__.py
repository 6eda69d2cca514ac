"""From a mail's bytes, or a push of Pub/Sub's, to an InboundMessage."""
