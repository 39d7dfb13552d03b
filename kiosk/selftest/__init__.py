"""What a technician runs, and what every morning runs by itself: one verdict per part."""
