"""Time and difference of pose networks through ONNX Runtime, beside torch in fp32 and, where the processor
computes in it, in bf16: one process, the same pictures, the runtimes by turns.

    python -m benchmarks.pose_onnx [--only two_stage] [--repeats 7] [--threads 1] [--size 320x256]
                                  [--crop 128] [--json]

Networks have the size of the preset `default` and random weights, so that nothing is trained: what is
computed is the same as of trained ones. The two stages of `two_stage` see a batch as in prediction: whole
frames at working scale, and crops. "maps" is what a runtime computes, "all" is with what torch always does
after it (reading the maps, confidence). Times are medians over the repeats, of processor time: on one thread
that is how long it takes where nobody else computes. Positions are of random maps,
which have many peaks of like height: two roundings may choose two of them, so that the share of points that
are more than 0.01 px apart is printed beside the largest difference.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sbea_engine.data import Skeleton
from sbea_engine.nn.backbone import best_memory_format
from sbea_engine.nn.runtime import autocast, default_precision
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.fine_training import build_fine
from sbea_engine.pose.inference import MAX_BATCH_PIXELS
from sbea_engine.pose.model import PoseNetwork, compute_in
from sbea_engine.pose.onnx_answers import answer_through_onnx
from sbea_engine.pose.training import build_model
from sbea_engine.pose.two_stage_training import build_coarse

CPU = torch.device("cpu")
APART_PX = 0.01
HEAD = "network            runtime    maps ms  ratio   all ms  ratio  largest px  share apart"
SKELETON = Skeleton(keypoints=("snout", "left ear", "right ear", "tail base"))


def networks() -> dict[str, Callable[[], PoseNetwork]]:
    """The same weights at each call, by what is printed."""
    made: dict[str, Callable[[], PoseNetwork]] = {
        "two_stage, frames": lambda: build_coarse(SKELETON, 1, PoseConfig()),
        "two_stage, crops": lambda: build_fine(SKELETON, PoseConfig()),
    }
    for family in ("pyramid", "heatmap_unet", "deeplabcut"):
        made[family] = lambda family=family: build_model(SKELETON, 1, PoseConfig(family=family))  # type: ignore[misc]
    return made


def runtimes(build: Callable[[], PoseNetwork], threads: int) -> dict[str, PoseNetwork]:
    """A network for each runtime; the first is what the others are compared with."""
    found = {name: build().eval() for name in ("torch fp32", "torch bf16", "onnx fp32")}
    for network in found.values():
        network.to(CPU, memory_format=best_memory_format(CPU))  # type: ignore[call-overload]
    if default_precision(CPU) == "bf16":
        compute_in(found["torch bf16"], "bf16")
    else:
        del found["torch bf16"]
    answer_through_onnx(found["onnx fp32"], channels=1, threads=threads)
    return found


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds of the processor, and what it returns."""
    began = time.process_time()
    found = function()
    return 1000 * (time.process_time() - began), found


def measure(build: Callable[[], PoseNetwork], images: Tensor, repeats: int, threads: int) -> dict[str, Any]:
    """By runtime: milliseconds a picture, ratio to the first, and how far positions are from its."""
    valid = (images.shape[-2], images.shape[-1])
    found = runtimes(build, threads)
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in found}
    points: dict[str, Tensor] = {}
    with torch.inference_mode():
        for turn in range(repeats + 1):  # the first warms up and is left out
            for name, network in found.items():
                with autocast(CPU, network.precision):
                    maps, _ = timed(lambda: (network.stand_in or network.features)(images, valid))  # noqa: B023
                whole, answer = timed(lambda: network(images, valid))  # noqa: B023
                points[name] = answer.decoded.points_px
                if turn:
                    spent[name].append((maps / len(images), whole / len(images)))
    first = next(iter(found))
    rows = {}
    usual = np.median(spent[first], axis=0)
    for name, times in spent.items():
        middle = np.median(times, axis=0)
        apart = (points[name] - points[first]).norm(dim=-1)
        rows[name] = {
            "maps_ms": round(float(middle[0]), 2),
            "all_ms": round(float(middle[1]), 2),
            "maps_ratio": round(float(middle[0] / usual[0]), 2),
            "all_ratio": round(float(middle[1] / usual[1]), 2),
            "largest_px": float(apart.max()),
            "share_apart": float((apart > APART_PX).float().mean()),
        }
    return rows


def pictures(count: int, width: int, height: int) -> Tensor:
    """Smooth noise, uint8 (count, 1, height, width)."""
    generator = torch.Generator().manual_seed(0)
    rough = torch.rand((count, 1, height // 8, width // 8), generator=generator)
    smooth = torch.nn.functional.interpolate(rough, size=(height, width), mode="bicubic", align_corners=False)
    return (255 * smooth.clamp(0, 1)).to(torch.uint8)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="Networks whose names begin so.")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--size", default="320x256", help="Of frames at working scale.")
    parser.add_argument("--crop", type=int, default=128, help="Side of the crops of the second stage.")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    width, height = (int(side) for side in options.size.split("x"))
    frames = pictures(max(1, MAX_BATCH_PIXELS // (width * height)), width, height)
    crops = pictures(16, options.crop, options.crop)
    result: dict[str, Any] = {}
    if not options.json:
        print(HEAD)
    for name, build in networks().items():
        if name.startswith(options.only):
            images = crops if name.endswith("crops") else frames
            result[name] = measure(build, images, options.repeats, options.threads)
            if not options.json:
                print("\n".join(line(name, *row) for row in result[name].items()), flush=True)
    if options.json:
        print(json.dumps({"threads": options.threads, "networks": result}))


def line(network: str, runtime: str, row: dict[str, Any]) -> str:
    """Under `HEAD`."""
    times = f"{row['maps_ms']:>7.2f} {row['maps_ratio']:>6.2f} {row['all_ms']:>8.2f} {row['all_ratio']:>6.2f}"
    return f"{network:<18} {runtime:<10} {times} {row['largest_px']:>11.2g} {row['share_apart']:>12.2f}"


if __name__ == "__main__":
    main()
