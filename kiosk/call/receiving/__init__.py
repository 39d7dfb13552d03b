"""What arrives, made whole: lost packets asked for again or concealed, clocks matched, lips in step."""
