"""How bytes get here: serial ports, Bluetooth LE, cameras, microphones, and the supervisor over them."""
