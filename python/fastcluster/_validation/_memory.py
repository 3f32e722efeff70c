"""Results that are refused before they are made."""

from fastcluster._config import setting

__all__ = ["check_memory"]


def check_memory(n_bytes: int, what: str) -> None:
    """Refuse a result that is larger than `memory_limit`, before it is made."""
    limit = setting("memory_limit")
    if limit is not None and n_bytes > limit:
        raise MemoryError(
            f"memory_limit={limit} bytes is less than the {n_bytes} bytes of {what}\n"
            "hint: call it for fewer rows at a time, or raise memory_limit with set_config"
        )
