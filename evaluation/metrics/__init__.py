"""Tables -> estimates of metrics, without networks and pictures."""
