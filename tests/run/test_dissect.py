import numpy as np
import pytest

from imagette.errors import UsageError
from imagette.network import named, walk
from imagette.run.dissect import dissect, experiment_subject, network_subject, run_subject
from imagette.store.ledger import openings


def test_every_tensor_has_the_engines_own_values(experiment, trained):  # 001-05
    ended = trained(experiment(recipe={"epochs": 1}))
    found = dissect(run_subject(ended.folder.path), 7)
    images = ended.prepared.dataset.validation.images[7:8]
    weights, model = ended.folder.load().weights, ended.prepared.model
    np.testing.assert_array_equal(found.image, images[0])
    given = ended.prepared.preprocess.apply(images)[0]
    np.testing.assert_array_equal(found.tensors[0].values, given)
    nodes = ended.prepared.graph.nodes
    made = model.activations(weights, images, [node.path for node in nodes])
    for tensor, node in zip(found.tensors[1:], nodes, strict=True):
        assert (tensor.number, tensor.path) == (node.index, node.path)
        np.testing.assert_array_equal(tensor.values, made[node.path][0])
    logits = model.predict(weights, images, 1)[0]
    np.testing.assert_allclose(found.tensors[-1].values, logits, atol=1e-5)
    names = ended.prepared.dataset.class_names
    assert found.label == names[ended.prepared.dataset.validation.labels[7]]
    assert found.predicted == names[logits.argmax()]


@pytest.mark.parametrize("engine", ["torch", "jax"])
def test_one_number_of_a_run_is_worked_out_by_hand(experiment, trained, engine):
    folder = trained(experiment(recipe={"epochs": 1})).folder
    subject = run_subject(folder.path, engine=engine)
    for layer, at in (("conv1", (3, 23, 0)), ("maxpool1", (0, 5, 5)), ("linear1", (9,))):
        found = dissect(subject, 3, layer, at)
        assert found.worked.value == pytest.approx(found.computed, rel=1e-4, abs=1e-5)


def test_the_middle_is_taken_where_no_place_is_named(experiment, trained):
    folder = trained(experiment(recipe={"epochs": 0})).folder
    assert dissect(run_subject(folder.path), 0, "conv1").worked.at == (0, 12, 12)
    assert dissect(run_subject(folder.path), 0, "linear1").worked.at == (0,)


def test_a_network_alone_is_shown_the_embedded_sample_at_its_size():
    graph = walk(named("lenet_cifar"), (3, 32, 32), 10)
    found = dissect(network_subject(graph), 0)
    assert [tensor.values.shape for tensor in found.tensors[:3]] == [
        (3, 32, 32),
        (6, 28, 28),
        (6, 28, 28),
    ]
    assert found.of == "1,000 validation images of fashion-sample, scaled to 32 x 32"
    assert found.notes == ("first weights of seed 0: nothing is trained",)
    other = walk(named("lenet_cifar"), (3, 32, 32), 7)
    assert dissect(network_subject(other), 0).label is None


def test_an_experiment_shows_its_own_images_through_its_first_weights(experiment):
    found = dissect(experiment_subject(experiment()), 0)
    assert found.of == "1,000 validation images"
    assert len(found.tensors) == 7


@pytest.mark.parametrize("image", [-1, 1000])
def test_an_image_out_of_range_is_refused(experiment, trained, image):
    folder = trained(experiment(recipe={"epochs": 0})).folder
    with pytest.raises(UsageError, match=r"--image must be 0 to 999 of the 1,000 validation im"):
        dissect(run_subject(folder.path), image)


def test_a_layer_that_there_is_not_is_refused(experiment, trained):
    folder = trained(experiment(recipe={"epochs": 0})).folder
    with pytest.raises(UsageError, match=r"No layer is called 'con1'. Did you mean 'conv1'\?"):
        dissect(run_subject(folder.path), 0, "con1")


def test_the_test_set_stays_sealed_unless_opened(experiment, trained):  # 000-12
    folder = trained(experiment(recipe={"epochs": 0})).folder
    with pytest.raises(UsageError, match=r"^The test set is sealed"):
        run_subject(folder.path, "test")
    before = len(openings("fashion-sample"))
    for slip in ({"layer": "con1"}, {"layer": "conv1", "at": (99, 0, 0)}):
        with pytest.raises(UsageError, match=r"con1|99"):
            run_subject(folder.path, "test", open_test_set=True, **slip)
    assert len(openings("fashion-sample")) == before
    assert run_subject(folder.path, "test", open_test_set=True).of == "2,000 test images"
    assert len(openings("fashion-sample")) == before + 1
