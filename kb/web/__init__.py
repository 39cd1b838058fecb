"""What every feature's views share."""
