"""What comes in: each message is stored by one statement, all of it or nothing."""
