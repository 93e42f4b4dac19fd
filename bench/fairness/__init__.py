"""What one client, or one slow handler, costs the others: the worst wait beside it, and the memory that it holds."""
