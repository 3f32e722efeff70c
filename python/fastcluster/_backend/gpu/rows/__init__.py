"""The rows of a call and centers beside them, in the space in which they are compared."""
