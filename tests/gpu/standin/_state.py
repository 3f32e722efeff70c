"""What a test may set and count; one object for the process, put back by `reset`."""

from dataclasses import dataclass, field, fields

__all__ = ["Counts", "State", "state"]


@dataclass
class Counts:
    """What has happened since the last `reset`."""

    launches: dict = field(default_factory=dict)
    """Kernel's name to how often it was started."""
    products: int = 0
    """Calls of gemmEx."""
    reads: int = 0
    """Transfers from the device that the host waits for: get, item, bool, int, float."""
    uploads: int = 0
    """Transfers to the device."""
    read_bytes: int = 0
    uploaded_bytes: int = 0
    largest_bytes: int = 0
    """The most that the pool ever held in use."""


@dataclass
class State:
    """The machine that is played."""

    n_devices: int = 1
    device_bytes: int = 16 << 30
    """Memory of each device."""
    capability: str = "90"
    n_processors: int = 4
    """Multiprocessors."""
    driver_error: str | None = None
    """What the driver answers instead of a number of devices."""
    missing_library: str | None = None
    """A library of the CUDA toolkit that CuPy does not find."""
    order: int = 0
    """0: threads and blocks run in order; else the seed of another order."""
    product_error: float = 0.0
    """Share of the bound d·2^-22·‖x‖·‖y‖ by which products of gemmEx are off, either way."""
    device: int = 0
    """The current device."""
    counts: Counts = field(default_factory=Counts)

    def reset(self):
        """Put everything back."""
        fresh = State()
        for part in fields(self):
            setattr(self, part.name, getattr(fresh, part.name))


state = State()
