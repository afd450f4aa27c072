"""Reading real profiles: a small made-up file in the shape of the real one."""

import zipfile
from pathlib import Path

import pytest

from scripts.tools.sample.languages import read_languages
from scripts.tools.sample.profiles import ProfileFileError, read_profiles

CSV = """age,drinks,orientation,sex,speaks,status

22,socially,straight,m,english,single

35,"often, &amp; well",gay,f,"english (okay), spanish (fluently), c++",single

17,,straight,f,english,single

111,,straight,f,english,single

,,straight,f,english,single

41,,bisexual,m,,single

29,,straight,x,english,single

30,,curious,f,english,single

18,&rsquo;,bisexual,F,"french (fluently), english (fluently), lisp (fluently)",single
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "profiles.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


def test_age_sex_orientation_and_languages_are_read_as_they_are(file: Path) -> None:
    profiles = read_profiles(file)
    assert profiles.cast.age == [22, 35, 41, 18]
    assert profiles.cast.gender == ["male", "female", "male", "female"]
    assert profiles.cast.orientation == ["straight", "gay", "bisexual", "bisexual"]
    assert profiles.languages == [("en", None), ("es", "en"), ("en", None), ("fr", "en")]


def test_traits_and_work_are_read_where_the_file_tells_them_and_a_star_sign_never_is(tmp_path: Path) -> None:
    path = tmp_path / "told.csv"
    path.write_text(
        "age,sex,orientation,speaks,smokes,offspring,job,sign\n"
        "30,m,gay,english,Yes,doesn&rsquo;t want kids,banking / financial / real estate,leo\n"
        "31,f,gay,english,,,student,leo\n"
        "12,f,gay,english,yes,has kids,student,leo\n"
        "32,f,gay,english\n",
        encoding="utf-8",
    )
    profiles = read_profiles(path)
    assert profiles.traits == [("smokes", "wants_no_children"), (), ()]
    assert profiles.industries == ["finance", None, None]
    without = tmp_path / "without.csv"
    without.write_text(path.read_text(encoding="utf-8").replace("leo", "virgo"), encoding="utf-8")
    assert read_profiles(without) == profiles


def test_a_file_without_these_columns_tells_nothing_of_them(file: Path) -> None:
    profiles = read_profiles(file)
    assert profiles.traits == [("drinks_often",) if age == 35 else () for age in profiles.cast.age]
    assert profiles.industries == [None] * 4


def test_rows_that_cannot_be_members_are_counted(file: Path) -> None:
    assert read_profiles(file).skipped == {
        "age outside 18 to 110": 3,
        "unknown sex": 1,
        "unknown orientation": 1,
    }


def test_the_first_rows_are_taken_and_blank_lines_are_none(file: Path) -> None:
    assert read_profiles(file, 2).cast.age == [22, 35]
    assert read_profiles(file, 3).cast.age == [22, 35]
    assert read_profiles(file, 0).cast.age == []


def test_a_zipped_file_and_one_with_a_byte_order_mark_read_the_same(file: Path, tmp_path: Path) -> None:
    zipped = tmp_path / "profiles.csv.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.write(file, "inner/profiles.csv")
    marked = tmp_path / "marked.csv"
    marked.write_text(CSV, encoding="utf-8-sig")
    assert read_profiles(zipped) == read_profiles(marked) == read_profiles(file)


def test_a_file_that_is_no_profile_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ProfileFileError, match=r"absent\.csv cannot be read"):
        read_profiles(tmp_path / "absent.csv")
    (tmp_path / "other.csv").write_text("age,sex\n20,m\n")
    with pytest.raises(ProfileFileError, match="no column orientation, speaks"):
        read_profiles(tmp_path / "other.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ProfileFileError, match="no column"):
        read_profiles(tmp_path / "empty.csv")
    (tmp_path / "bytes.csv").write_bytes(b"age,sex,orientation,speaks\n\xff\xfe,m,gay,english\n")
    with pytest.raises(ProfileFileError, match="cannot be read"):
        read_profiles(tmp_path / "bytes.csv")
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", CSV)
        archive.writestr("b.csv", CSV)
    with pytest.raises(ProfileFileError, match="exactly one"):
        read_profiles(tmp_path / "two.zip")


def test_a_short_row_is_left_out_and_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    path.write_text("age,sex,orientation,speaks\n20\n21,f,gay,german\n")
    profiles = read_profiles(path)
    assert profiles.cast.age == [21]
    assert profiles.skipped == {"unknown sex": 1}


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("english", ("en", None)),
        ("English (Fluently), Spanish (poorly), c++, lisp", ("en", None)),
        ("english, spanish (okay), french", ("en", "fr")),
        ("spanish (okay), english (okay)", ("es", "en")),
        ("english (poorly), chinese (fluently)", ("zh", None)),
        ("english, english (fluently), farsi, persian", ("en", "fa")),
        ("sign language, english (fluently)", ("en", "sgn")),
        ("ancient greek (fluently), other", ("grc", None)),
        ("c++ (fluently), lisp", ("en", None)),
        ("", ("en", None)),
        (",,(", ("en", None)),
    ],
)
def test_languages_are_ranked_by_fluency(text: str, spoken: tuple[str, str | None]) -> None:
    assert read_languages(text) == spoken
