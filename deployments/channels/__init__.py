"""The channels' outgoing halves behind one contract (`sender`); what differs by channel lies here."""
