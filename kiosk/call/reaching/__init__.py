"""Ways through a firewall: which TURN servers there are, which answer, and the best of them."""
