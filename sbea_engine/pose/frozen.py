"""A copy of a trained network that only answers, and prepares its weights once instead of for each batch."""

from __future__ import annotations

from copy import deepcopy
from typing import TypeVar

import torch
from torch import nn

from sbea_engine.nn.backbone import ConvNorm
from sbea_engine.pose.model import PoseNetwork

Network = TypeVar("Network", bound=nn.Module)


def frozen(network: Network) -> Network:
    """The same answers from a copy of `network`, whose weights no longer can be trained or saved.

    What is computed for each batch otherwise, from weights that may change in between: batch normalisation
    becomes part of the convolution before it, and convolutions take the precision of their pose network.
    A network that another runtime stands in for is handed back as it is.
    """
    parts = [module for module in network.modules() if isinstance(module, PoseNetwork)]
    if any(part.stand_in is not None for part in parts):
        return network
    copy = deepcopy(network).eval()
    for module in copy.modules():
        if isinstance(module, ConvNorm):
            module.fold()
    for part in copy.modules():
        if isinstance(part, PoseNetwork) and part.precision == "bf16":
            for module in part.modules():
                if isinstance(module, nn.Conv2d):
                    module.to(torch.bfloat16)
    return copy.requires_grad_(False)
