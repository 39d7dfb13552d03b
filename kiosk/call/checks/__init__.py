"""What is tried before the physician comes: camera, microphone, loudspeaker, line."""
