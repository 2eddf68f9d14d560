"""What lies on disk: tables, bibliography, schema, texts, coders; and what follows from them by rule."""
