"""What stands in the survey, told to a person: status, check, show, disagreements, what is stale."""
