"""What arrives, made whole: lost packets asked for again or concealed, clocks matched, sound and lips together."""
