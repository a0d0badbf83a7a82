"""The evaluation sets, in the order in which every page and table shows them."""

from dataset.labels import EVALUATION_SETS, TEST

SETS = EVALUATION_SETS
PUBLISHED_SPLIT = TEST  # published figures are those of its pictures
