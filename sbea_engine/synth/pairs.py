"""Pairs of a ray and an ellipsoid that it may meet: all of an animal's in flat arrays.

Only pairs that can matter are ever evaluated, and all parts at once: most are met by few rays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth.solid import Floats, Solid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """`n` pairs of a ray and a part that it enters.

    Attributes:
        runs: (part, start, stop) of stretches of pairs that share a part.
        part, ray: (n,) which part, and which ray (flat index into the region of interest).
        course: (9, n), how the ray runs in the space where the part is a unit sphere: `nearest` and the rest.
    """

    runs: tuple[tuple[int, int, int], ...]
    part: NDArray[np.intp]
    ray: NDArray[np.intp]
    course: Floats

    @property
    def nearest(self) -> Floats:
        """(3, n) the place on the ray nearest to the part's centre."""
        return np.asarray(self.course[:3])

    @property
    def step(self) -> Floats:
        """(3, n) the ray's direction, of a millimetre in the world."""
        return np.asarray(self.course[3:6])

    @property
    def middle_mm(self) -> Floats:
        """(n,) how far along the ray `nearest` lies."""
        return np.asarray(self.course[6])

    @property
    def length2(self) -> Floats:
        """(n,) squared length of `step`."""
        return np.asarray(self.course[7])

    @property
    def miss2(self) -> Floats:
        """(n,) squared length of `nearest`."""
        return np.asarray(self.course[8])

    @classmethod
    def meeting(
        cls, eye_mm: Floats, rays: Floats, candidates: Sequence[tuple[int, NDArray[np.intp]]], solid: Solid
    ) -> Pairs:
        """Pairs of parts and the rays of one eye that enter them.

        Args:
            rays: (3, size) unit directions.
            candidates: Parts, each with the flat indices of the rays that may enter it.
        """
        parts, counts = [p for p, _ in candidates], [len(index) for _, index in candidates]
        ends = np.cumsum(counts, dtype=np.intp)
        bounds = zip(parts, (ends - counts).tolist(), ends.tolist(), strict=True)
        ray = np.concatenate([np.zeros(0, np.intp), *(index for _, index in candidates)])
        pairs = cls(
            runs=tuple(bounds),
            part=np.repeat(np.array(parts, np.intp), counts),
            ray=ray,
            course=np.empty((9, len(ray)), np.float32),
        )
        direction, to_unit, nearest, step = rays.take(ray, axis=1), solid.to_unit, pairs.nearest, pairs.step
        for p, start, stop in pairs.runs:
            np.matmul(to_unit[p], direction[:, start:stop], out=step[:, start:stop])
        origin = np.einsum("pij,pj->ip", to_unit, eye_mm - solid.centre_mm)
        nearest[:] = np.repeat(origin[:, parts], counts, axis=1)
        length2 = square(step)
        middle = -dot(nearest, step) / length2
        # From the place nearest to the centre, where float32 keeps its digits: b^2 - a c cancels from afar.
        nearest += middle * step
        pairs.course[6:] = middle, length2, square(nearest)
        growth = np.repeat(solid.growth[parts], counts)
        return pairs.only(np.flatnonzero((pairs.miss2 < growth * growth) & (middle > 0)))

    def only(self, chosen: NDArray[np.intp]) -> Pairs:
        """Some of the pairs, by ascending index."""
        ends = np.searchsorted(chosen, [(start, stop) for _, start, stop in self.runs]).reshape(-1, 2)
        return Pairs(
            runs=tuple((p, a, b) for (p, _, _), (a, b) in zip(self.runs, ends.tolist(), strict=True)),
            part=self.part.take(chosen),
            ray=self.ray.take(chosen),
            course=self.course.take(chosen, axis=1),  # several times faster than [:, chosen]
        )

    def with_more(self, other: Pairs) -> Pairs:
        """These pairs, and others after them."""
        n = len(self.ray)
        return Pairs(
            runs=(*self.runs, *((p, n + start, n + stop) for p, start, stop in other.runs)),
            part=np.concatenate([self.part, other.part]),
            ray=np.concatenate([self.ray, other.ray]),
            course=np.concatenate([self.course, other.course], axis=1),
        )

    def half(self, growth: Floats | float = 1.0) -> Floats:
        """Half of the way (n,) that rays have inside the part grown by a factor, 0 where they miss it."""
        return np.asarray(np.sqrt(np.maximum(growth * growth - self.miss2, 0) / self.length2))

    def at(self, distance_mm: Floats) -> Floats:
        """Places (3, n) at distances (n,) along the rays, in the space where the part is a unit sphere."""
        return self.nearest + (distance_mm - self.middle_mm) * self.step


def dot(a: Floats, b: Floats) -> Floats:
    """Scalar products (n,) of vectors (3, n)."""
    return np.asarray(a[0] * b[0] + a[1] * b[1] + a[2] * b[2], np.float32)


def square(v: Floats) -> Floats:
    """Squared lengths (n,) of vectors (3, n)."""
    return dot(v, v)
