"""Backup and restore: one archive holds the database, the packs and the files, and says what it holds."""
