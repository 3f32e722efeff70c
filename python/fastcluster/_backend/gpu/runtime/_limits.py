"""What a memory limit leaves for rows and scores, beside what a call cannot do without."""

__all__ = ["left_of"]


def left_of(memory_limit: int | None, needed: int) -> int | None:
    """Return the bytes that are left of a limit; None without one.

    Raises
    ------
    MemoryError
        If the limit is below what is needed.
    """
    if memory_limit is None:
        return None
    if needed > memory_limit:
        raise MemoryError(
            f"memory_limit={memory_limit} bytes is below the {needed} bytes that this call needs "
            f"on the GPU\nhint: raise memory_limit to {needed}, or pass fewer rows or clusters"
        )
    return memory_limit - needed
