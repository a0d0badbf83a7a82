"""Networks and pictures -> tables of predictions."""
