import pytest
from pydantic import ValidationError

from imagette.data.spec import DataSpec, Normalise


def test_the_defaults_are_the_embedded_sample_and_a_tenth_for_validation():
    # 000-11
    spec = DataSpec()
    assert (spec.name, spec.validation, spec.split_seed) == ("fashion-sample", 0.1, 0)


@pytest.mark.parametrize(
    "values",
    [{"validation": 1}, {"validation": -0.1}, {"limit": 0}, {"size": 0}, {"valdation": 0.1}],
)
def test_a_wrong_value_or_key_is_refused(values):
    # 004-12
    with pytest.raises(ValidationError):
        DataSpec(**values)


def test_normalise_needs_a_deviation_for_each_mean_and_none_of_zero():
    with pytest.raises(ValidationError, match="Got 2 and 1 values"):
        Normalise(mean=(0.5, 0.5), deviation=(0.5,))
    with pytest.raises(ValidationError, match="greater than 0"):
        Normalise(mean=(0.5,), deviation=(0,))
