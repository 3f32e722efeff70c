//! Errors of the core as Python exceptions.

use fastcluster_core::Error;
use pyo3::PyErr;
use pyo3::exceptions::{PyFloatingPointError, PyKeyboardInterrupt, PyMemoryError, PyValueError};

/// Maps an error to the exception that Python users expect.
pub(crate) fn to_python(error: &Error) -> PyErr {
    let text = error.to_string();
    match error {
        Error::Memory { .. } => PyMemoryError::new_err(text),
        Error::NanDistance { .. } | Error::NotANumber { .. } => PyFloatingPointError::new_err(text),
        // Only a signal cancels a call of this binding.
        Error::Cancelled => PyKeyboardInterrupt::new_err(()),
        _ => PyValueError::new_err(text),
    }
}
