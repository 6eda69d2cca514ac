"""`python -m evaluation.escalation train|calibrate|report`."""

from evaluation.escalation.command import main

main()
