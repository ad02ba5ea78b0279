"""What is done with markets: runs that are kept in folders."""
