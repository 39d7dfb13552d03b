"""The call: one WebRTC connection to the physician's browser, its signalling, and the live data channel."""
