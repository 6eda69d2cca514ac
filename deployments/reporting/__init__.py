"""What watches over the rest: the sweeper, the alerts."""
