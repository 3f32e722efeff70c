//! The Python binding of fastcluster: borrow, release the GIL, call, wrap. No arithmetic, no defaults.
#![deny(unsafe_code)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "functions called from Python own what is extracted for them"
)]

mod array;
mod balanced;
mod bundle;
mod errors;
mod hierarchy;
mod kmeans;
mod minibatch;
mod neighbors;
mod run;

use pyo3::prelude::*;

/// The compiled core of fastcluster; described in `_core.pyi`.
#[pymodule]
mod _core {
    #[pymodule_export]
    use super::array::check_finite;
    #[pymodule_export]
    use super::balanced::{BalancedFit, balanced_fit};
    #[pymodule_export]
    use super::bundle::{bundle_open, bundle_write};
    #[pymodule_export]
    use super::hierarchy::{
        distances, linkage, linkage_batch, linkage_tree, linkage_vectors, spanning_tree,
    };
    #[pymodule_export]
    use super::isa;
    #[pymodule_export]
    use super::kmeans::{KMeansFit, assign, init_centers, kmeans_fit};
    #[pymodule_export]
    use super::minibatch::{MiniBatchFit, minibatch_fit, minibatch_step};
    #[pymodule_export]
    use super::neighbors::{nearest, transform};

    #[pymodule_init]
    fn init(module: &super::Bound<'_, super::PyModule>) -> super::PyResult<()> {
        use super::PyModuleMethods;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}

/// The instruction set in use.
#[pyfunction]
fn isa() -> &'static str {
    fastcluster_core::Level::current().name()
}
