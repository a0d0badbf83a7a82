"""One data set's journey: reader -> duplicates -> split -> composites -> boxes -> arrays."""
