"""What touches a socket or a transport: direct writes, large reads, TLS, socket options."""
