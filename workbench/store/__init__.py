"""What lies on disk: tables and columns, files replaced whole, bibliography, schema, texts, coders, and what follows from them."""
