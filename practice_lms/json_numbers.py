"""Numbers in JSON that comes from the tool."""

import math


def finite(value: object) -> float | None:
    """Return a JSON number as a float, or None when it is none, too large, or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
