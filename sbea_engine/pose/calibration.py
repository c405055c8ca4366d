"""From the confidence head's logit to a probability that holds on frames the network has not seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

SLOPE_SD = 0.5
OFFSET_SD = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """confidence = sigmoid(slope * logit + offset).

    Attributes:
        slope: Positive; below 1 where the head was too sure.
        offset: Added after the slope.
        n: Validation points it was fitted on.
        right: Share of them that were right.
    """

    slope: float = 1.0
    offset: float = 0.0
    n: int = 0
    right: float | None = None

    def apply(self, logit: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits of any shape to confidence in 0..1, same shape."""
        return np.asarray(expit(self.slope * logit.astype(np.float64) + self.offset), dtype=np.float32)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


def calibrate(logit: NDArray[np.float32], right: NDArray[np.bool_]) -> Calibration:
    """Fit slope and offset by penalised maximum likelihood (Platt 1999, with Gaussian priors).

    The priors, log slope ~ N(0, 0.5^2) and offset ~ N(0, 2^2), hold the fit near the head's own answer where
    validation points are few, or all right.

    Args:
        logit: (point,) of validation points.
        right: (point,) the answer was within the radius of the label; False where the keypoint is absent.
    """
    x, y = logit.astype(np.float64).ravel(), right.astype(np.float64).ravel()
    if len(x) == 0:
        return Calibration()

    def cost(parameters: NDArray[np.float64]) -> float:
        log_slope, offset = parameters
        z = np.exp(log_slope) * x + offset
        prior = 0.5 * ((log_slope / SLOPE_SD) ** 2 + (offset / OFFSET_SD) ** 2)
        return float((np.logaddexp(0.0, z) - y * z).sum() + prior)

    log_slope, offset = minimize(cost, np.zeros(2), method="Nelder-Mead").x
    return Calibration(slope=float(np.exp(log_slope)), offset=float(offset), n=len(x), right=float(y.mean()))
