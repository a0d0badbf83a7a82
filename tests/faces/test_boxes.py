"""Box geometry: overlaps, suppression and squares."""

import numpy as np
import pytest

from faces.boxes import (
    Square,
    intersect,
    intersection_over_smaller,
    iou,
    iou_of_squares,
    longer_sides,
    nms,
    square_around,
)

TEN = (0, 0, 10, 10)


@pytest.mark.parametrize(
    ("other", "of_union", "of_smaller"),
    [
        pytest.param((0, 0, 10, 10), 1.0, 1.0, id="the same box"),
        pytest.param((5, 0, 15, 10), 1 / 3, 1 / 2, id="half of it"),
        pytest.param((0, 0, 5, 10), 1 / 2, 1.0, id="a box inside it"),
        pytest.param((20, 20, 30, 30), 0.0, 0.0, id="elsewhere"),
        pytest.param((10, 0, 20, 10), 0.0, 0.0, id="a neighbour with a common edge"),
    ],
)
def test_an_overlap_is_the_shared_area_over_another(other, of_union, of_smaller):
    assert iou(TEN, other) == pytest.approx(of_union)
    assert intersection_over_smaller(TEN, other) == pytest.approx(of_smaller)
    assert intersect(TEN, other) == (of_union > 0)


def test_a_box_without_area_overlaps_nothing():
    assert iou(TEN, (3, 3, 3, 3)) == iou((3, 3, 3, 3), (3, 3, 3, 3)) == 0
    assert intersection_over_smaller(TEN, (3, 3, 3, 3)) == 0


def test_one_box_is_compared_with_many_at_once():
    others = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]])
    np.testing.assert_array_equal(iou(TEN, others), [iou(TEN, other) for other in others])
    assert iou(TEN, np.zeros((0, 4))).shape == (0,)


def test_squares_are_compared_row_by_row_as_boxes_are():
    first = np.array([[0.5, 0.5, 0.4], [0.2, 0.3, 0.2]])
    second = np.array([[0.6, 0.5, 0.4], [0.7, 0.7, 0.2]])
    boxes = [[Square(0, 0, 1).part(cxcys).xyxy for cxcys in rows] for rows in (first, second)]
    assert iou_of_squares(first, second) == pytest.approx([iou(*pair) for pair in zip(*boxes, strict=True)])


def test_the_iou_of_equal_shifted_and_distant_squares():
    square = np.array([[0.5, 0.5, 0.2]] * 3)
    other = np.array([[0.5, 0.5, 0.2], [0.6, 0.5, 0.2], [0.9, 0.5, 0.2]])
    np.testing.assert_allclose(iou_of_squares(square, other), [1, 1 / 3, 0], atol=1e-9)


def test_of_overlapping_boxes_the_highest_score_stays():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60], [30, 30, 30, 40]], float)
    assert nms(boxes, np.array([0.7, 0.8, 0.6, 0.9]), max_iou=0.5) == [1, 2]
    assert nms(boxes, np.array([0.7, 0.8, 0.6, 0.9]), max_iou=0.9) == [1, 0, 2]
    assert nms(np.zeros((0, 4)), np.zeros(0), max_iou=0.5) == []


@pytest.mark.parametrize(
    ("part", "scores", "kept"),
    [
        ([20, 20, 40, 40], [0.9, 0.8], [0]),  # an eye in a face
        ([20, 20, 40, 40], [0.8, 0.9], [1, 0]),  # a face of higher confidence before a larger one
        ([85, 20, 105, 40], [0.9, 0.8], [0, 1]),  # three quarters of it inside: a face behind a shoulder
        ([84, 20, 104, 40], [0.9, 0.8], [0, 1]),
        ([83, 20, 103, 40], [0.9, 0.8], [0]),
    ],
    ids=["inside", "inside and surer", "at the edge", "just at the limit", "just beyond it"],
)
def test_a_box_inside_a_larger_one_of_higher_score_is_a_part_of_it(part, scores, kept):
    boxes = np.array([[0, 0, 100, 100], part], float)
    assert nms(boxes, np.array(scores), max_iou=0.5, max_inside=0.8) == kept


def test_equal_scores_stay_in_their_order():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10]], float)
    assert nms(boxes, np.array([0.8, 0.8]), max_iou=0.5) == [0]


def test_the_longer_side_of_a_box_is_its_width_or_its_height():
    assert longer_sides(np.array([[0, 0, 3, 8], [1, 1, 6, 2]])).tolist() == [8, 5]


def test_crop_scale_widens_the_square_around_the_same_centre():
    square = square_around((100, 120, 140, 150), 1.5)
    assert square == Square(90, 105, 60)
    assert square.scaled(2) == Square(60, 75, 120)


def test_a_square_inside_another_is_written_in_its_fractions_and_recovered():
    outer, inner = Square(-20, 10, 200), Square(30, 60, 50)
    cxcys = inner.within(outer)
    assert cxcys == (0.375, 0.375, 0.25)
    assert outer.part(cxcys) == inner
    assert inner.xyxy == (30, 60, 80, 110)
