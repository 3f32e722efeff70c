//! `bundle_write` and `bundle_open`: the core's bundle for arrays of NumPy.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use fastcluster_core::bundle::{self, DType, Error, Expected, Segment, Verify};
use numpy::{PyReadonlyArray1, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;

/// Write a bundle atomically; `manifest` is the JSON of what the caller adds to the manifest.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "PyO3 hands arguments over")]
pub(crate) fn bundle_write(
    py: Python<'_>,
    path: PathBuf,
    manifest: &str,
    segments: BTreeMap<String, Bound<'_, PyUntypedArray>>,
) -> PyResult<()> {
    let arrays = segments
        .iter()
        .map(|(name, array)| Array::borrow(name, array))
        .collect::<PyResult<Vec<_>>>()?;
    let segments = arrays.iter().map(Array::segment).collect::<PyResult<Vec<_>>>()?;
    py.detach(|| {
        // Ctrl-C ends the wait for another writer.
        let signal = OnceCell::new();
        let keep_waiting =
            || Python::attach(|py| py.check_signals().map_err(|raised| signal.set(raised)).is_ok());
        let written = bundle::write(&path, manifest, &segments, &keep_waiting);
        match signal.into_inner() {
            Some(raised) => Err(raised),
            None => written.map_err(|error| raise(&path, error)),
        }
    })
}

/// Check a bundle; return the manifest's JSON and the file of each segment.
#[pyfunction]
#[pyo3(signature = (path, *, format, version, verify = true))]
#[expect(clippy::needless_pass_by_value, reason = "PyO3 hands arguments over")]
pub(crate) fn bundle_open(
    py: Python<'_>,
    path: PathBuf,
    format: &str,
    version: (u32, u32),
    verify: bool,
) -> PyResult<(String, BTreeMap<String, OsString>)> {
    let expected = Expected { format, version: [version.0, version.1] };
    let verify = if verify { Verify::Everything } else { Verify::Headers };
    let bundle =
        py.detach(|| bundle::open(&path, expected, verify)).map_err(|error| raise(&path, error))?;
    let files = bundle
        .segments()
        .filter_map(|(name, _, _)| Some((name.to_owned(), bundle.file(name)?.into_os_string())))
        .collect();
    Ok((bundle.manifest().to_owned(), files))
}

/// An array's bytes, borrowed from NumPy.
struct Array<'py> {
    name: String,
    dtype: DType,
    shape: Vec<u64>,
    bytes: PyReadonlyArray1<'py, u8>,
}

impl<'py> Array<'py> {
    fn borrow(name: &str, array: &Bound<'py, PyUntypedArray>) -> PyResult<Self> {
        let dtype = array.dtype();
        let stated: String = dtype.getattr("str")?.extract()?;
        let called: String = dtype.getattr("name")?.extract()?;
        let dtype =
            DType::from_name(&called).or_else(|| DType::from_name(&stated)).ok_or_else(|| {
                PyTypeError::new_err(format!("segment {name:?} cannot have dtype {called}"))
            })?;
        if !array.is_c_contiguous() {
            let rule = format!("segment {name:?} must be C-contiguous");
            return Err(PyValueError::new_err(rule));
        }
        // NumPy's own view of an array's memory as bytes: no copy, and no unsafe code here.
        let bytes = array.call_method1("reshape", (-1,))?.call_method1("view", ("u1",))?;
        Ok(Self {
            name: name.to_owned(),
            dtype,
            shape: array.shape().iter().map(|&length| length as u64).collect(),
            bytes: bytes.extract()?,
        })
    }

    fn segment(&self) -> PyResult<Segment<'_>> {
        let data = self.bytes.as_slice()?;
        Ok(Segment { name: &self.name, dtype: self.dtype, shape: &self.shape, data })
    }
}

/// Makes Python's exception: an `OSError` with number and path, or a `ValueError`.
fn raise(path: &Path, error: Error) -> PyErr {
    match error {
        Error::Io { source, path: place, .. } => match source.raw_os_error() {
            // Python picks the subclass by the number, `FileNotFoundError` for instance.
            Some(number) => PyOSError::new_err((number, reason(&source), place.into_os_string())),
            None => PyOSError::new_err(format!("{}: {source}", path.display())),
        },
        other => PyValueError::new_err(other.to_string()),
    }
}

/// The system's words, without the number that Rust appends and Python prepends.
fn reason(source: &std::io::Error) -> String {
    let text = source.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
