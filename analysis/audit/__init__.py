"""What reads the panel of models and the instruments, and not the literature: one question a module."""
