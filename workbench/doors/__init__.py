"""Every way into the survey, and the only code that writes its data: a door checks everything, then writes all or nothing."""
