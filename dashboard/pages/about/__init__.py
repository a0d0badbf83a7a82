"""About: where each variant comes from, what it costs, what it must not be used for."""
