import pytest

from imagette.errors import UsageError
from imagette.experiment import load
from imagette.run.forecast import forecast
from imagette.store.ledger import openings

SMALL = ["data.limit=500", "recipe.batch=50"]


def plan(*settings):
    return forecast(load("first_light", [*SMALL, *settings]), seconds=0.05)


def test_without_a_time_budget_it_is_what_the_recipe_asks_for():
    found = plan("recipe.epochs=3")
    assert (found.epochs, found.steps, found.images) == (3, 30, 500)
    assert found.total_seconds > 30 * found.step_seconds


def test_the_work_is_forward_and_backward_of_every_image():  # 001-09
    found = plan("recipe.epochs=2")
    # softmax of 784-10: 7,840 multiplications and as many additions forward, and the same for the
    # gradient of its weights; the first layer needs none for its input.
    softmax = plan("recipe.epochs=2", "network.name=softmax")
    assert softmax.operations == 2 * 500 * 4 * 7840
    assert found.operations > softmax.operations


def test_a_time_budget_is_filled():  # 001-33
    found = plan("recipe.epochs=budget", "budget.minutes=1")
    assert 0.97 * 60 <= found.total_seconds <= 60
    assert found.epochs > 3


def test_epochs_beyond_the_budget_are_cut():
    assert plan("recipe.epochs=1000000", "budget.minutes=1").epochs < 1_000_000


def test_a_budget_shorter_than_set_up_is_refused():
    with pytest.raises(UsageError, match=r"^budget\.minutes = 0\.0001 is 0\.0 s, of which set-up"):
        plan("recipe.epochs=budget", "budget.minutes=0.0001")


def test_a_broken_limit_is_refused_and_a_kept_one_told():  # 001-31
    with pytest.raises(UsageError, match=r"2,994 more than budget\.parameters = 3,000 allows"):
        plan("budget.parameters=3000")
    (limit,) = plan("budget.parameters=6000").limits
    assert (limit.has, limit.most) == (5_994, 6_000)


def test_epochs_for_a_budget_need_one():
    with pytest.raises(UsageError, match=r"recipe\.epochs = 'budget' fills a time budget"):
        plan("recipe.epochs=budget")


def test_the_work_of_small_pictures_is_theirs():
    text = "network={text='conv 4 3x3; relu; mean; linear classes'}"
    sizes = "recipe.sizes={sides=[14, 28], shares=[0.5, 0.5]}"
    whole, half = plan(text, "recipe.epochs=2"), plan(text, "recipe.epochs=2", sizes)
    small = plan(text, "recipe.epochs=2", "recipe.sizes={sides=[14], shares=[1.0]}")
    assert 2 * half.operations == whole.operations + small.operations


def test_splits_that_are_measured_at_each_epoch_are_counted(monkeypatch):
    monkeypatch.setattr("imagette.run.forecast.evaluation_image_seconds", lambda *given: 1.0)
    before = len(openings("fashion-sample"))
    found = plan("evaluation.train=recomputed", "evaluation.test=each-epoch")
    assert 500 + 2000 <= found.evaluation_seconds < 2600
    assert len(openings("fashion-sample")) == before


@pytest.mark.parametrize(
    ("settings", "images"),
    [(["evaluation.views=6"], 6000), (["data.validation=0", "evaluation.views=6"], 500)],
    ids=["six views of 1,000 validation images", "one view of all of train"],
)
def test_the_end_is_counted_with_its_views(monkeypatch, settings, images):
    monkeypatch.setattr("imagette.run.forecast.evaluation_image_seconds", lambda *given: 1.0)
    assert images <= plan("recipe.epochs=1", *settings).total_seconds < images + 60


def test_a_warm_up_that_is_too_long_is_remarked():
    (remark,) = plan("recipe.schedule={name='cosine', warmup=9}", "recipe.epochs=3").remarks
    assert remark.startswith("recipe.schedule.warmup = 9 epochs, but the training has 3: the rate")
