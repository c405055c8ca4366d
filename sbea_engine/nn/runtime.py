"""Where and how torch computes: device, threads, precision."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

import torch

from sbea_engine.errors import BadInput

Precision = Literal["fp32", "bf16"]

Runtime = Literal["torch", "onnx"]
"""What computes the answers of a trained network; see `onnx_session.py`."""

_THREADS_LOCK = threading.Lock()


class NoSuchDevice(BadInput):
    """The device that was asked for is not on this machine."""

    code = "no_such_device"


def default_threads() -> int:
    """One less than the cores that this process may use, and at least one.

    One core is left for decoding and augmenting frames, which run beside the network, and for whoever else
    is on the machine: torch's threads wait by spinning, so one that has to share its core stalls all
    others. Measured on two busy cores, two threads took almost four times the processor time of one.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1)


def choose_device(name: str) -> torch.device:
    """`auto` is CUDA where there is one, else the CPU; raises `NoSuchDevice` for one that is absent."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise NoSuchDevice(f"Device {name!r} was asked for, and torch sees no CUDA device here. Use 'cpu'.")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise NoSuchDevice(f"Device {name!r} is not a torch device; use 'auto', 'cpu' or 'cuda'.") from error


@contextmanager
def compute_threads(count: int | None) -> Generator[int, None, None]:
    """Run a block with `count` torch threads (None: `default_threads`) and OpenCV on one; restores both.

    The numbers are global to the process. Two blocks at once agree on the last one entered, which changes
    speed and, by the order of sums, the last digits of results; nothing else.
    """
    import cv2

    wanted = count or default_threads()
    with _THREADS_LOCK:
        before, before_cv2 = torch.get_num_threads(), cv2.getNumThreads()
        torch.set_num_threads(wanted)
        cv2.setNumThreads(1)  # the prefetch thread must not compete with the network for cores
    try:
        yield wanted
    finally:
        with _THREADS_LOCK:
            torch.set_num_threads(before)
            cv2.setNumThreads(before_cv2)


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """Context for the forward pass; `default_precision` says where bf16 helps."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")


def default_precision(device: torch.device) -> Precision:
    """bf16 where the hardware computes in it.

    CPUs that only emulate it (AVX-512 without AMX or AVX512_BF16) were measured 1.4 to 3.3 times slower in
    bf16 than in fp32, so what torch can run is not the question; what the chip computes in is.
    """
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return "bf16" if capabilities.get("amx_bf16") or capabilities.get("avx512_bf16") else "fp32"
