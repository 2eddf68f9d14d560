"""Query files, and what runs them."""
