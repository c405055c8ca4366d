from collections.abc import Callable, Iterator

import pytest
import torch

from sbea_engine.data import LabelSet
from tests.fixtures.blobs import write_scene


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def make_scene(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., LabelSet]:
    """`write_scene` into a folder of its own."""
    return lambda count, **settings: write_scene(tmp_path_factory.mktemp("scene"), count, **settings)


@pytest.fixture(scope="session")
def scene(make_scene: Callable[..., LabelSet]) -> LabelSet:
    """Two of its frames (one of them may validate) show no animal and say so."""
    return make_scene(20, absent=6)


@pytest.fixture(scope="session")
def other_scene(make_scene: Callable[..., LabelSet]) -> LabelSet:
    """Frames that no model of these tests was trained on."""
    return make_scene(12, seed=99)
