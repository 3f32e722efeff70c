//! The same bits for any number of threads, and on every instruction set.

use std::io::Write as _;
use std::process::Command;

use fastcluster_core::kmeans::{self, Centers, Fit, Init, Params, minibatch};
use fastcluster_core::points::Metric;
use fastcluster_core::{Level, neighbors};
use xxhash_rust::xxh3::Xxh3;

use crate::data::{Data, Layout, Type};
use crate::labels::METRICS;
use crate::random::Random;
use crate::stops::timeless;
use crate::with_threads;

const INITS: [Init; 3] = [Init::PlusPlus, Init::Parallel, Init::Random];

/// More rows than a few blocks of any kind, clusters and features beyond the choice of 8-bit words, and below it.
fn cases() -> Vec<(Data, usize)> {
    let mut random = Random::new(70);
    let mut cases = Vec::new();
    for (element, n, d, k) in [
        (Type::F32, 1500, 40, 60),
        (Type::F32, 9000, 3, 7),
        (Type::F64, 700, 36, 50),
        (Type::I8, 600, 33, 49),
        (Type::F16, 600, 9, 20),
        (Type::Csr32, 500, 20, 12),
        (Type::F32, 1200, 5, 300),
        // Sieves, on every level that has bytes.
        (Type::F32, 800, 64, 360),
        (Type::F64, 600, 100, 250),
    ] {
        cases.push((Data::new(element, Layout::C, &random.normals(n * d), d), k));
    }
    cases
}

fn weights(n: usize) -> Vec<f64> {
    let mut random = Random::new(71);
    (0..n).map(|_| random.uniform()).collect()
}

fn minibatch_fit(
    data: &Data,
    k: usize,
    metric: Metric,
    weights: Option<&[f64]>,
    n_threads: usize,
) -> minibatch::Fit {
    let start = data.centers(&data.exact.values()[..k * data.n_features()]);
    let params = minibatch::Params {
        batch_size: 300,
        max_iter: 4,
        tol: 0.0,
        max_no_improvement: Some(10),
        reassignment_ratio: 0.01,
        sampling: minibatch::Sampling::Rows,
        growth: None,
        memory_limit: None,
        seed: 3,
    };
    with_threads(n_threads, |context| {
        minibatch::fit(&data.points(metric), weights, start, k, &params, context)
    })
    .unwrap()
}

fn fitted(
    data: &Data,
    k: usize,
    metric: Metric,
    init: &Init,
    weights: Option<&[f64]>,
    n_threads: usize,
) -> Fit {
    let params = Params { n_clusters: k, max_iter: 8, tol: 1e-9, seed: 9, ..Params::default() };
    with_threads(n_threads, |context| {
        // The points are read in parallel too.
        let points = fastcluster_core::points::Points::new(data.values(), metric, context)?;
        kmeans::fit(&points, weights, init, &params, context)
    })
    .unwrap()
}

#[test]
fn fits_are_for_any_number_of_threads() {
    for (data, k) in cases() {
        let weights = weights(data.n_rows());
        for metric in METRICS {
            for init in &INITS {
                for weights in [None, Some(&weights[..])] {
                    let on =
                        |n_threads| timeless(fitted(&data, k, metric, init, weights, n_threads));
                    let one = on(1);
                    for n_threads in [2, 3, 7] {
                        assert_eq!(on(n_threads), one, "{n_threads} threads, {metric:?}, {init:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn mini_batch_fits_are_for_any_number_of_threads() {
    for (data, k) in cases() {
        let weights = weights(data.n_rows());
        for metric in METRICS {
            for weights in [None, Some(&weights[..])] {
                let on = |n_threads| minibatch_fit(&data, k, metric, weights, n_threads);
                let bits = |fit: &minibatch::Fit| -> Vec<u64> {
                    let values = fit.history.iter().flatten().chain(&fit.counts);
                    values.chain([&fit.ewa_inertia]).map(|value| value.to_bits()).collect()
                };
                let one = on(1);
                for n_threads in [2, 3, 7] {
                    let many = on(n_threads);
                    assert_eq!((bits(&many), &many.centers), (bits(&one), &one.centers));
                }
            }
        }
    }
}

#[test]
fn distances_are_for_any_number_of_threads() {
    for (data, k) in cases() {
        let d = data.n_features();
        let centers = data.centers(&data.exact.values()[..k * d]);
        for metric in METRICS {
            let on = |n_threads| {
                with_threads(n_threads, |context| {
                    let points = data.points(metric);
                    let nearest = neighbors::nearest(&points, centers.clone(), d, 5, context)?;
                    Ok::<_, fastcluster_core::Error>((
                        nearest,
                        neighbors::transform(&points, centers.clone(), d, context)?,
                    ))
                })
                .unwrap()
            };
            let one = on(1);
            for n_threads in [2, 7] {
                assert_eq!(on(n_threads), one);
            }
        }
    }
}

/// Marks the fingerprint in the output of a run of this program.
const MARK: &str = "fingerprint: ";

struct Hash(Xxh3);

impl Hash {
    fn take<const N: usize>(&mut self, values: impl IntoIterator<Item = [u8; N]>) {
        for bytes in values {
            self.0.update(&bytes);
        }
    }

    fn take_64(&mut self, values: &[f64]) {
        self.take(values.iter().map(|value| value.to_bits().to_le_bytes()));
    }

    fn centers(&mut self, centers: &Centers) {
        match centers {
            Centers::Single(values) => {
                self.take(values.iter().map(|value| value.to_bits().to_le_bytes()));
            }
            Centers::Double(values) => self.take_64(values),
        }
    }
}

/// A number per kind of result that depends on every bit of labels, centers, inertia and history.
///
/// Not in it: how often the filter left a choice, which is the level's own business.
fn fingerprint() -> String {
    let mut fingerprint = Vec::new();
    for init in &INITS {
        let mut hash = Hash(Xxh3::new());
        for (data, k) in cases() {
            let weights = weights(data.n_rows());
            for (metric, weights) in METRICS.into_iter().zip([Some(&weights[..]), None]) {
                let fit = fitted(&data, k, metric, init, weights, 2);
                hash.take(fit.labels.iter().map(|label| label.to_le_bytes()));
                hash.centers(&fit.centers);
                hash.take_64(&[fit.inertia]);
                for record in fit.history {
                    hash.take_64(&[record.inertia, record.center_shift, record.n_changed as f64]);
                }
            }
        }
        fingerprint.push(hash.0.digest());
    }
    let (mut steps, mut nearest) = (Hash(Xxh3::new()), Hash(Xxh3::new()));
    for (data, k) in cases() {
        for metric in METRICS {
            let fit = minibatch_fit(&data, k, metric, None, 2);
            steps.centers(&fit.centers);
            fit.history.iter().for_each(|record| steps.take_64(record));
            let (d, centers) = (data.n_features(), fit.centers);
            let (distances, indices) = with_threads(2, |context| {
                neighbors::nearest(&data.points(metric), centers, d, 4, context)
            })
            .unwrap();
            nearest.take_64(&distances);
            nearest.take(indices.iter().map(|index| index.to_le_bytes()));
        }
    }
    fingerprint.extend([steps.0.digest(), nearest.0.digest()]);
    fingerprint.iter().map(|hash| format!("{hash:016x}")).collect::<Vec<_>>().join("-")
}

/// Says the fingerprint of this process; on its own it shows that two runs agree.
#[test]
fn two_runs_are() {
    let first = fingerprint();
    assert_eq!(first, fingerprint());
    writeln!(std::io::stdout(), "{MARK}{first} ").unwrap();
}

/// Runs tests of this program in a process with the given cap; returns what they print.
fn run_under(cap: &str, tests: &[&str]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(tests)
        .args(["--nocapture", "--test-threads=1"])
        .env("FASTCLUSTER_ISA", cap)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{cap}: {tests:?}\n{text}\n{errors}");
    text
}

#[test]
fn fits_are_on_every_instruction_set() {
    let here = fingerprint();
    for level in Level::available() {
        let text = run_under(level.name(), &["--exact", "identical::two_runs_are"]);
        let told = text.split(MARK).nth(1).and_then(|after| after.split_whitespace().next());
        assert_eq!(told, Some(&here[..]), "{}", level.name());
    }
}

#[test]
fn labels_are_right_on_every_instruction_set() {
    for level in Level::available().into_iter().filter(|level| *level != Level::current()) {
        let text = run_under(
            level.name(),
            &["labels::", "hostile::", "iterations::", "nearest::", "sieve::"],
        );
        assert!(text.contains("test labels::do_not_depend_on_the_layout"), "{text}");
    }
}
