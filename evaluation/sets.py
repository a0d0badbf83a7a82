"""The evaluation sets, in the order in which every page and table shows them."""

from dataset.labels import CHIPS, COMPOSITES, FAIRFACE, FGNET, PORTRAITS, TEST

SETS = (CHIPS, COMPOSITES, FAIRFACE, FGNET, PORTRAITS)
PUBLISHED_SPLIT = TEST  # published figures are those of its pictures
