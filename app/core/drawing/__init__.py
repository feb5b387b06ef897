"""What more than one subject draws with: columns, TikZ, PNG."""
