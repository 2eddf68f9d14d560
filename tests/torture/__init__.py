"""What is done to a survey to see that nothing is lost and nothing believed: `make torture` prints the figures."""
