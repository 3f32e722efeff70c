//! The Python binding of fastcluster: borrow, release the GIL, call, wrap. No arithmetic, no defaults.
#![deny(unsafe_code)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "functions called from Python own what is extracted for them"
)]

mod array;
mod balanced;
mod batches;
mod bundle;
mod dbscan;
mod errors;
mod hdbscan;
mod hdbscan_rows;
mod hierarchy;
mod kmeans;
mod metrics;
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
    use super::batches::BatchRows;
    #[pymodule_export]
    use super::bundle::{bundle_open, bundle_write};
    #[pymodule_export]
    use super::dbscan::{
        DbscanFit, DbscanLinks, dbscan_fit, dbscan_fit_precomputed, dbscan_predict,
        dbscan_predict_precomputed,
    };
    #[pymodule_export]
    use super::hdbscan::{
        HdbscanCut, HdbscanReachability, hdbscan_cut, hdbscan_cut_at, hdbscan_dbscan,
        hdbscan_dendrogram, hdbscan_reachability, hdbscan_reachability_precomputed,
        hdbscan_reachability_rows,
    };
    #[pymodule_export]
    use super::hdbscan_rows::{
        hdbscan_attach, hdbscan_attach_distances, hdbscan_exemplar_distances, hdbscan_medoids,
        hdbscan_membership, hdbscan_place,
    };
    #[pymodule_export]
    use super::hierarchy::{
        distances, linkage, linkage_batch, linkage_of, linkage_single, linkage_tree,
        linkage_vectors, spanning_tree,
    };
    #[pymodule_export]
    use super::isa;
    #[pymodule_export]
    use super::kmeans::{KMeansFit, assign, init_centers, kmeans_fit};
    #[pymodule_export]
    use super::metrics::{calinski_harabasz, davies_bouldin, density_validity, silhouette};
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
