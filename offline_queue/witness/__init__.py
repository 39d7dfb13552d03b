"""The second memory of the outbox: a sealed log of what was acknowledged, apart from the database.

SQLite drops what stands behind a damaged frame of its write-ahead log without a word, and one bad page can
make the database unreadable. Each put is therefore written and synced here too, before it is acknowledged.
"""
