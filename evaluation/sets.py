"""Names of the evaluation sets and of their splits, in the order in which every page and table shows them."""

from dataset.records import CHIPS, COMPOSITES, FAIRFACE, FGNET, PORTRAITS

SETS = (CHIPS, COMPOSITES, FAIRFACE, FGNET, PORTRAITS)
SPLITS = ("train", "validation", "test")
PUBLISHED_SPLIT = "test"  # published figures are those of its pictures
