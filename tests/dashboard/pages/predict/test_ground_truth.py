"""Marks are right within the tolerance, and known people are matched with their faces."""

from dashboard.pages.predict.ground_truth import GroundTruth, marks, summary
from dashboard.pictures.samples import KnownPerson, people_by_face, shipped_samples
from faces.detection import Face

ANSWERS = {
    "cropped": {"age_years": 33.0, "gender": "female"},
    "full": {"age_years": 41.0, "gender": "male"},
}


def test_an_age_is_right_within_the_tolerance_and_has_its_error():
    cropped, full = marks(ANSWERS, GroundTruth(age_years=36), tolerance_years=5)
    assert (cropped.right, cropped.off_years) == (True, -3)
    assert (full.right, full.off_years) == (True, 5)
    assert not any(mark.right for mark in marks(ANSWERS, GroundTruth(age_years=36), tolerance_years=2))


def test_a_gender_is_right_or_wrong():
    found = marks(ANSWERS, GroundTruth(gender="female"), tolerance_years=5)
    assert [(mark.variant, mark.right) for mark in found] == [("cropped", True), ("full", False)]


def test_an_uncertain_gender_is_neither_right_nor_wrong():
    unsure = {"cropped": {"age_years": 1.0, "gender": "uncertain"}}
    found = marks(unsure, GroundTruth(gender="female"), 5) + marks(ANSWERS, GroundTruth(gender="female"), 5)
    assert found[0].right is None
    assert summary(found, 5).startswith("cropped: 1 of 2 genders right (1 uncertain)")


def test_one_face_needs_no_summary():
    assert summary(marks(ANSWERS, GroundTruth(34, "female"), 5), 5) == ""


def test_what_is_not_known_is_not_marked():
    assert marks(ANSWERS, GroundTruth(), tolerance_years=5) == []
    assert not GroundTruth()


def test_the_summary_counts_for_each_variant():
    found = marks(ANSWERS, GroundTruth(34, "female"), 5) + marks(ANSWERS, GroundTruth(60, "male"), 5)
    assert summary(found, 5) == (
        "cropped: 1 of 2 ages within 5 years, 1 of 2 genders right. "
        "full: 0 of 2 ages within 5 years, 1 of 2 genders right"
    )


def test_each_person_goes_to_one_face_and_a_face_without_a_person_stays_unknown():
    people = [
        KnownPerson("Ada", 30, "female", (0, 0, 10, 10)),
        KnownPerson("Ben", 40, "male", (20, 0, 30, 10)),
    ]
    faces = [Face((21, 0, 31, 10), 0.9), Face((1, 0, 11, 10), 0.8), Face((2, 1, 12, 11), 0.7)]
    matched = people_by_face(people, faces)
    assert {index: person.name for index, person in matched.items()} == {0: "Ben", 1: "Ada"}


def test_solvay_knows_the_ages_of_29_people(context):
    solvay = context.pictures.samples["solvay_1927.jpg"]
    assert len(solvay.people()) == 29
    faces = [answered.face for answered in context.pictures.upload("sample:solvay_1927.jpg").answer.faces]
    assert len(people_by_face(solvay.people(), faces)) >= 27


def test_every_sample_is_listed_with_its_provenance(repository):
    readme = (repository / "dashboard" / "samples" / "README.md").read_text(encoding="utf-8")
    for sample in shipped_samples():
        assert sample.path.is_file()
        assert f"`{sample.file}`" in readme
