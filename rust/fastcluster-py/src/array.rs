//! NumPy arrays in and out.

use fastcluster_core::kmeans::Centers;
use fastcluster_core::points::{Csr, Metric, Values, first_not_finite};
use half::{bf16, f16};
use numpy::ndarray::Array2;
use numpy::{Element, IntoPyArray, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::errors::to_python;
use crate::run::run;

/// A borrowed matrix of any type that the core reads.
pub(crate) enum Matrix<'py> {
    F16(PyReadonlyArray2<'py, f16>),
    Bf16(PyReadonlyArray2<'py, bf16>),
    F32(PyReadonlyArray2<'py, f32>),
    F64(PyReadonlyArray2<'py, f64>),
    I8(PyReadonlyArray2<'py, i8>),
    U8(PyReadonlyArray2<'py, u8>),
    Csr32(Sparse<'py, f32>),
    Csr64(Sparse<'py, f64>),
}

/// The parts of a CSR matrix.
pub(crate) struct Sparse<'py, T: Element> {
    data: PyReadonlyArray1<'py, T>,
    indices: PyReadonlyArray1<'py, i64>,
    offsets: PyReadonlyArray1<'py, i64>,
    n_features: usize,
}

impl<T: Element> Sparse<'_, T> {
    fn values(&self) -> PyResult<Csr<'_, T>>
    where
        T: Copy,
    {
        let (data, indices) = (self.data.as_slice()?, self.indices.as_slice()?);
        Csr::new(data, indices, self.offsets.as_slice()?, self.n_features)
            .map_err(|error| to_python(&error))
    }
}

type CsrParts<'py> =
    (Bound<'py, PyAny>, PyReadonlyArray1<'py, i64>, PyReadonlyArray1<'py, i64>, (usize, usize));

impl<'py> FromPyObject<'_, 'py> for Matrix<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        fn dense<'py, T: Element>(
            object: Borrowed<'_, 'py, PyAny>,
        ) -> Option<PyReadonlyArray2<'py, T>> {
            object.cast::<PyArray2<T>>().ok().map(|array| array.readonly())
        }
        if let Some(array) = dense(object) {
            return Ok(Self::F32(array));
        }
        if let Some(array) = dense(object) {
            return Ok(Self::F64(array));
        }
        if let Some(array) = dense(object) {
            return Ok(Self::F16(array));
        }
        if let Some(array) = dense(object) {
            return Ok(Self::I8(array));
        }
        if let Some(array) = dense(object) {
            return Ok(Self::U8(array));
        }
        if let Ok((data, indices, offsets, (_, n_features))) = object.extract::<CsrParts<'py>>() {
            if let Ok(data) = data.extract() {
                return Ok(Self::Csr32(Sparse { data, indices, offsets, n_features }));
            }
            return Ok(Self::Csr64(Sparse { data: data.extract()?, indices, offsets, n_features }));
        }
        // Last: asking for bfloat16 imports ml_dtypes, which others need not have.
        let name = object.getattr("dtype").and_then(|dtype| dtype.getattr("name"));
        if name.is_ok_and(|name| name.eq("bfloat16").unwrap_or(false))
            && let Some(array) = dense(object)
        {
            return Ok(Self::Bf16(array));
        }
        Err(PyTypeError::new_err(
            "X must be a 2-dimensional array of float16, bfloat16, float32, float64, int8 or uint8, or CSR parts",
        ))
    }
}

impl Matrix<'_> {
    /// The matrix as the core takes it.
    pub(crate) fn values(&self) -> PyResult<Values<'_>> {
        Ok(match self {
            Self::F16(array) => Values::F16(array.as_array()),
            Self::Bf16(array) => Values::Bf16(array.as_array()),
            Self::F32(array) => Values::F32(array.as_array()),
            Self::F64(array) => Values::F64(array.as_array()),
            Self::I8(array) => Values::I8(array.as_array()),
            Self::U8(array) => Values::U8(array.as_array()),
            Self::Csr32(sparse) => Values::Csr32(sparse.values()?),
            Self::Csr64(sparse) => Values::Csr64(sparse.values()?),
        })
    }
}

/// Dense centers and their number of features.
pub(crate) struct CenterMatrix {
    pub(crate) values: Centers,
    pub(crate) n_clusters: usize,
    pub(crate) n_features: usize,
}

impl<'py> FromPyObject<'_, 'py> for CenterMatrix {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(array) = object.extract::<PyReadonlyArray2<'_, f32>>() {
            let view = array.as_array();
            let values = Centers::Single(view.iter().copied().collect());
            return Ok(Self { values, n_clusters: view.nrows(), n_features: view.ncols() });
        }
        let array = object.extract::<PyReadonlyArray2<'_, f64>>()?;
        let view = array.as_array();
        let values = Centers::Double(view.iter().copied().collect());
        Ok(Self { values, n_clusters: view.nrows(), n_features: view.ncols() })
    }
}

/// Weights as a slice, where there are any.
pub(crate) fn weights<'a>(
    array: Option<&'a PyReadonlyArray1<'_, f64>>,
) -> PyResult<Option<&'a [f64]>> {
    Ok(array.map(|array| array.as_slice()).transpose()?)
}

/// The metric's name.
pub(crate) struct MetricName(pub(crate) Metric);

impl<'py> FromPyObject<'_, 'py> for MetricName {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match object.extract::<&str>()? {
            "euclidean" => Ok(Self(Metric::Euclidean)),
            "cosine" => Ok(Self(Metric::Cosine)),
            other => Err(PyValueError::new_err(format!(
                "metric must be 'euclidean' or 'cosine', got {other:?}"
            ))),
        }
    }
}

/// A table of `n_columns` columns as a NumPy array of its own type.
pub(crate) fn table(
    py: Python<'_>,
    values: Centers,
    n_columns: usize,
) -> PyResult<Bound<'_, PyAny>> {
    fn shaped<T: Element>(
        py: Python<'_>,
        values: Vec<T>,
        n_columns: usize,
    ) -> PyResult<Bound<'_, PyAny>> {
        let shape = (values.len() / n_columns, n_columns);
        let array = Array2::from_shape_vec(shape, values)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(array.into_pyarray(py).into_any())
    }
    match values {
        Centers::Single(values) => shaped(py, values, n_columns),
        Centers::Double(values) => shaped(py, values, n_columns),
    }
}

/// The row and column of the first NaN or infinity, or None.
#[pyfunction]
#[pyo3(signature = (X, *, n_threads = 1))]
#[expect(non_snake_case, reason = "scikit-learn's name")]
pub(crate) fn check_finite(
    py: Python<'_>,
    X: Matrix<'_>,
    n_threads: usize,
) -> PyResult<Option<(usize, usize)>> {
    let values = X.values()?;
    let (n, d) = values.shape();
    run(py, n_threads, (n * d) as u64, None, |context| first_not_finite(values, context))
}
