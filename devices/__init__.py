"""What a device is: declarations, pure decoders, the canonical reading. No I/O."""
