"""How much the line carries, and who gets it: estimate, shares, ladder, pacing (RFC 8836 names the aims)."""
