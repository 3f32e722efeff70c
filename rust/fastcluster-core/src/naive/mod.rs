//! The textbook version of everything: slow, plain, and the definition of right.
//!
//! Whoever wants to know what the fast code computes reads it here; the tests hold the fast code to it. All of it works
//! on float64 rows with the squared Euclidean distance, one row after the other, one thread, no filter, no blocks. Other
//! types are widened first, and the cosine metric is the Euclidean one on [`unit()`] rows, where ‖x − c‖² = 2(1 − cos).
//!
//! ```
//! use fastcluster_core::naive::{self, Table};
//!
//! let rows = Table::new(vec![0.0, 0.1, 5.0, 5.1], 1);
//! let fit = naive::lloyd(&rows, None, &Table::new(vec![0.0, 0.1], 1), 10, &|_| ());
//! assert_eq!(fit.labels, [0, 0, 1, 1]);
//! assert!((fit.centers.row(1)[0] - 5.05).abs() < 1e-12);
//! ```
//!
//! # Known weaknesses
//! Nothing is scaled: squares of values beyond 10¹⁵⁴ overflow. Multiply such rows and centers with one power of two
//! first, which changes no label.

mod assign;
mod balanced;
mod dbscan;
mod linkage;
mod lloyd;
mod minibatch;
mod nested;
mod plus_plus;
mod reachability;
mod refine;
mod silhouette;
mod table;

pub use assign::{assign, inertia, nearest};
pub use balanced::{Balance, balanced_assign, balanced_cost};
pub use dbscan::{dbscan, within, within_angle};
pub use linkage::linkage;
pub use lloyd::{Lloyd, lloyd, update};
pub use minibatch::{Step, minibatch_step};
pub use nested::{Nested, nested};
pub use plus_plus::{plus_plus, potential};
pub use reachability::{mutual_reachability, reachability};
pub use refine::{Refined, refine};
pub use silhouette::silhouettes;
pub use table::{Table, squared_distance, unit};
