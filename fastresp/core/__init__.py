"""What every protocol shares and none shapes: requests, responders, devices, and the call of the handler."""
