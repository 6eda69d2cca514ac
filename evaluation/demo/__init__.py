"""The demo: sends the sample tickets through the running product."""
