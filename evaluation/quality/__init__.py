"""The quality report: every part that is decided by judgement, measured offline."""
