"""One data set's journey: reader -> duplicates -> split -> compositions -> boxes -> arrays."""
