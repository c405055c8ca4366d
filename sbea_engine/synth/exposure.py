"""From linear light to a picture: the tone curve, sensor noise, and exposure that drifts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data.camera import Camera
from sbea_engine.synth.signals import wandering

Floats = NDArray[np.float32]
NOISE_SHIFTS = 128
GAMMA = 2.2
DRIFT_S = 6.0
_LEVELS = 16384
_BRIGHTEST = 2.0


def _curve() -> Floats:
    linear = np.linspace(0, _BRIGHTEST, _LEVELS)
    bright = np.where(linear > 0.8, 0.8 + 0.2 * np.tanh((linear - 0.8) / 0.2), linear)
    return np.asarray(255 * bright ** (1 / GAMMA) + 0.5, np.float32)


_CURVE = _curve()


def encode(linear: Floats) -> Floats:
    """Linear light to 8-bit levels (float, with the rounding half added), with a soft shoulder above 0.8."""
    level = (linear * np.float32((_LEVELS - 1) / _BRIGHTEST)).astype(np.int32)
    return np.take(_CURVE, level, mode="clip")


def drifting_gain(rng: np.random.Generator, ticks: int, *, fps: float, drift: float) -> NDArray[np.float64]:
    """Factor (tick,) on a picture's levels: exposure wanders by a share `drift` of the light."""
    if not drift:
        return np.ones(ticks)
    return np.asarray(np.exp(drift / GAMMA * wandering(rng, ticks, fps=fps, time_s=DRIFT_S)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exposure:
    """How a camera records.

    Attributes:
        samples: Rays a pixel along each axis; a pixel belongs to an animal where at least half of its rays
            meet it.
        noise: Standard deviation of the sensor noise, in 8-bit grey levels.
        shutter: Share of the time between ticks that the shutter is open, around the tick; 0 for no blur.
        moments: Pictures that a blurred one is the mean of, an odd number: the middle one is the tick.
        gain: (tick,) factor on the picture's levels, or None for a steady exposure.
    """

    samples: int
    noise: float
    shutter: float = 0.0
    moments: int = 3
    gain: NDArray[np.float64] | None = None

    @property
    def spread(self) -> NDArray[np.float64]:
        """When the pictures of one exposure are taken, in ticks from the tick; the middle one is at 0."""
        if not self.shutter:
            return np.zeros(1)
        return self.shutter * (np.arange(self.moments) - self.moments // 2) / self.moments


class Sensor:
    """Turns encoded pictures of one camera into 8-bit frames.

    Args:
        rng: Draws the grain.
        ticks: How many frames there are.
    """

    def __init__(self, camera: Camera, rng: np.random.Generator, exposure: Exposure, ticks: int) -> None:
        # Noise to cut frames from, larger than a frame: mostly in brightness, a little in colour.
        shape = (camera.height + NOISE_SHIFTS, camera.width + NOISE_SHIFTS)
        grey = rng.standard_normal((*shape, 1), np.float32)
        colour = rng.standard_normal((*shape, 3), np.float32)
        self._pool = np.asarray(exposure.noise * (0.9 * grey + 0.44 * colour), np.float32)
        self._size = (camera.height, camera.width)
        self._gain = np.ones(ticks) if exposure.gain is None else exposure.gain

    def expose(self, image: Floats, tick: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Add a tick's noise to an encoded picture (height, width, 3), in place, and round to 8 bits."""
        top, left = rng.integers(0, NOISE_SHIFTS, 2)
        if self._gain[tick] != 1:
            image *= np.float32(self._gain[tick])
        image += self._pool[top : top + self._size[0], left : left + self._size[1]]
        np.clip(image, 0, 255, out=image)
        return image.astype(np.uint8)
