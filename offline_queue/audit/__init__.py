"""The audit chain: what happened on this kiosk, so that nobody can change it unnoticed.

Each event carries the hash of all before it and is written in the transaction that it tells of. From time to
time a checkpoint signs how far the chain has come, and goes to the server with the events themselves.
"""
