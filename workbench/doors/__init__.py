"""The ways in, and the only code that writes a survey's data: a door checks everything, then writes all or none."""
