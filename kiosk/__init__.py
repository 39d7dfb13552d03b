"""The consultation itself: session, record, call, delivery. No Qt."""
