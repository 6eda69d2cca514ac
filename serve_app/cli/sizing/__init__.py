"""`nightdesk sizing`: what so many messages a day take, reckoned from measured costs a message."""
