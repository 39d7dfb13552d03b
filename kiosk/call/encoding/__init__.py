"""What the kiosk sends, made to fit: pictures and voice at the rate the line has left for them."""
