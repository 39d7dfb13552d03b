"""Where kiosk and physician meet: serves the page and relays signalling. It sees no reading."""
