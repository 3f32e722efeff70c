//! HDBSCAN: the tree of all pairs whatever way it is found, and what is read off it.

use fastcluster_core::Error;
use fastcluster_core::graph::{Edge, Reachability};
use fastcluster_core::hdbscan::{
    self, Attached, Condensed, Cut, Dendrogram, Exemplars, Labels, Method, Selection, Ties,
};
use fastcluster_core::naive::{self, Table};
use fastcluster_core::points::{Metric, Points, Values};
use ndarray::ArrayView2;
use proptest::prelude::*;

use crate::random::Random;
use crate::with_threads;

fn points<T>(
    table: &Table,
    work: impl FnOnce(&Points<'_>, &fastcluster_core::Context<'_>) -> T,
) -> T {
    let shape = (table.n_rows(), table.n_features());
    let view = ArrayView2::from_shape(shape, table.values()).unwrap();
    with_threads(2, |context| {
        work(&Points::new(Values::F64(view), Metric::Euclidean, context).unwrap(), context)
    })
}

fn found(table: &Table, min_samples: usize, alpha: f64) -> Reachability {
    points(table, |points, context| {
        hdbscan::reachability(points, min_samples, alpha, context).unwrap()
    })
}

fn cut(reachability: &Reachability, min_cluster_size: usize, ties: Ties) -> Cut {
    let n = reachability.cores.len();
    hdbscan::cut(n, &reachability.edges, min_cluster_size, ties, &Selection::default()).unwrap()
}

/// Rows in a few heaps, or whole numbers with many equal distances and rows.
fn rows(random: &mut Random, n: usize, lattice: bool) -> Table {
    let value = |random: &mut Random| {
        if lattice {
            random.below(5) as f64
        } else {
            random.normal() + 4.0 * random.below(3) as f64
        }
    };
    Table::new((0..2 * n).map(|_| value(random)).collect(), 2)
}

#[test]
fn the_tree_is_that_of_all_pairs() {
    let mut random = Random::new(900);
    for case in 0..60 {
        let n = 2 + random.below(40);
        let table = rows(&mut random, n, case % 2 == 0);
        let min_samples = 1 + random.below(n.min(8));
        let alpha = [1.0, 1.5, 0.5][case % 3];
        assert_eq!(
            found(&table, min_samples, alpha),
            naive::reachability(&table, min_samples, alpha)
        );
    }
}

#[test]
fn a_matrix_and_a_full_graph_give_the_tree_of_the_rows() {
    let mut random = Random::new(901);
    let table = rows(&mut random, 30, true);
    let of_pair = |x, y| naive::squared_distance(x, y).sqrt();
    let all: Vec<f64> =
        table.rows().flat_map(|x| table.rows().map(move |y| of_pair(x, y))).collect();
    let lines = |line: &[f64]| (0..30).zip(line.iter().copied()).collect();
    let graph: Vec<Vec<(u32, f64)>> = all.chunks(30).map(lines).collect();
    let matrix = Values::F64(ArrayView2::from_shape((30, 30), &all).unwrap());
    with_threads(1, |context| {
        let expected = found(&table, 4, 1.5);
        assert_eq!(hdbscan::of_matrix(&matrix, 4, 1.5, context).unwrap(), expected);
        assert_eq!(hdbscan::of_graph(&graph, 4, 1.5, None, context).unwrap(), expected);
    });
}

/// The parts at each height, by rows alone: what a tree must say whatever its shape.
fn parts_at(edges: &[Edge], n: usize, height: f64) -> Vec<u32> {
    let mut parts: Vec<u32> = (0..n as u32).collect();
    for edge in edges.iter().filter(|edge| edge.weight <= height) {
        let (keep, gone) = (parts[edge.low as usize], parts[edge.high as usize]);
        let (keep, gone) = (keep.min(gone), keep.max(gone));
        for part in &mut parts {
            if *part == gone {
                *part = keep;
            }
        }
    }
    parts
}

#[test]
fn rows_leave_the_condensed_tree_when_their_part_becomes_small() {
    let mut random = Random::new(902);
    for case in 0..40 {
        let n = 5 + random.below(40);
        let table = rows(&mut random, n, case % 2 == 0);
        let reachability = naive::reachability(&table, 2, 1.0);
        let size = 2 + random.below(5);
        let tree = Dendrogram::new(n, &reachability.edges).unwrap();
        let condensed = Condensed::new(&tree, size, Ties::Merge).unwrap();
        let lines = condensed.children.iter().zip(&condensed.lambdas);
        let mut seen = 0;
        for (child, lambda) in lines.filter(|(child, _)| **child < n as i64) {
            // The least height at which the row is in a part of `size` rows.
            let first = reachability.edges.iter().map(|edge| edge.weight).find(|height| {
                let parts = parts_at(&reachability.edges, n, *height);
                parts.iter().filter(|part| **part == parts[*child as usize]).count() >= size
            });
            let expected = first.map_or(0.0, |height| 1.0 / height);
            let of_root = 1.0 / reachability.edges[n - 2].weight;
            assert_eq!(*lambda, if n < size { of_root } else { expected });
            seen += 1;
        }
        assert_eq!(seen, n);
    }
}

/// The same rows in another order, and where each went.
fn shuffled(table: &Table, random: &mut Random) -> (Table, Vec<usize>) {
    let order = random.permutation(table.n_rows());
    (table.select(&order), order)
}

fn sorted_parts(labels: &[i64]) -> Vec<Option<usize>> {
    let first = |label: &i64| labels.iter().position(|other| other == label);
    labels.iter().map(|label| if *label < 0 { None } else { first(label) }).collect()
}

#[test]
fn merged_ties_do_not_depend_on_the_order_of_rows() {
    let mut random = Random::new(903);
    let mut moved = 0;
    for _ in 0..80 {
        let n = 8 + random.below(40);
        let table = rows(&mut random, n, true);
        let (other, order) = shuffled(&table, &mut random);
        for method in [Method::ExcessOfMass, Method::Leaf] {
            let selection = Selection { method, ..Selection::default() };
            let of = |table: &Table, ties| {
                let found = naive::reachability(table, 3, 1.0);
                hdbscan::cut(n, &found.edges, 3, ties, &selection).unwrap()
            };
            let back = |cut: &Cut| {
                let mut labels = vec![0; n];
                for (place, row) in order.iter().enumerate() {
                    labels[*row] = cut.labels[place];
                }
                sorted_parts(&labels)
            };
            let (one, two) = (of(&table, Ties::Merge), of(&other, Ties::Merge));
            assert_eq!(sorted_parts(&one.labels), back(&two));
            for (place, row) in order.iter().enumerate() {
                assert_eq!(one.probabilities[*row], two.probabilities[place]);
                assert_eq!(one.outlier_scores[*row], two.outlier_scores[place]);
            }
            let binary = of(&table, Ties::Binary);
            moved += usize::from(sorted_parts(&binary.labels) != back(&of(&other, Ties::Binary)));
        }
    }
    assert!(moved > 0, "these rows would not tell merged ties from binary ones");
}

#[test]
fn without_equal_heights_both_kinds_of_ties_are_one() {
    let mut random = Random::new(904);
    for _ in 0..20 {
        let table = rows(&mut random, 50, false);
        let reachability = naive::reachability(&table, 1, 1.0);
        let (binary, merged) =
            (cut(&reachability, 4, Ties::Binary), cut(&reachability, 4, Ties::Merge));
        assert_eq!(binary.condensed, merged.condensed);
        assert_eq!(binary.labels, merged.labels);
    }
}

/// DBSCAN by its definition, one row after the other.
fn dbscan(table: &Table, eps: f64, min_samples: usize) -> Vec<i64> {
    let n = table.n_rows();
    let near = |row: usize| -> Vec<usize> {
        let within =
            |other: &usize| naive::squared_distance(table.row(row), table.row(*other)) <= eps * eps;
        (0..n).filter(within).collect()
    };
    let is_core: Vec<bool> = (0..n).map(|row| near(row).len() >= min_samples).collect();
    let mut labels = vec![-1; n];
    let mut next = 0;
    for row in 0..n {
        if !is_core[row] || labels[row] >= 0 {
            continue;
        }
        let mut waiting = vec![row];
        while let Some(row) = waiting.pop() {
            if labels[row] < 0 {
                labels[row] = next;
                if is_core[row] {
                    waiting.extend(near(row));
                }
            }
        }
        next += 1;
    }
    labels
}

#[test]
fn every_radius_gives_the_labels_of_dbscan() {
    let mut random = Random::new(905);
    for case in 0..60 {
        let n = 5 + random.below(60);
        let table = rows(&mut random, n, case % 2 == 0);
        let min_samples = 1 + random.below(6.min(n));
        let reachability = found(&table, min_samples, 1.0);
        // Radii between distances, and each of them to the bit: √3, whose square is below 3.
        let mut radii: Vec<f64> = reachability.edges.iter().map(|edge| edge.weight).collect();
        radii.extend([0.0, 0.5, 1.3, 2.0_f64.sqrt(), 3.0_f64.sqrt(), 5.0_f64.sqrt(), 1e9]);
        for eps in radii {
            let labels = points(&table, |points, _| {
                hdbscan::dbscan_labels(&reachability, Some(points), eps).unwrap()
            });
            assert_eq!(labels, dbscan(&table, eps, min_samples), "eps={eps} n={n} {min_samples}");
        }
    }
}

#[test]
fn a_radius_whose_square_is_rounded_below_a_square_does_not_reach_it() {
    // Three unit steps along different axes: distance √3, and fl(√3)² < 3.
    let table = Table::new(vec![0.0, 0.0, 0.0, 1.0, 1.0, 1.0], 3);
    let reachability = found(&table, 2, 1.0);
    let eps = 3.0_f64.sqrt();
    assert_eq!(reachability.cores, [eps, eps]);
    let labels = points(&table, |points, _| {
        hdbscan::dbscan_labels(&reachability, Some(points), eps).unwrap()
    });
    assert_eq!(labels, [-1, -1]);
    // As plain distances, with no squares to ask, it does.
    assert_eq!(hdbscan::dbscan_labels(&reachability, None, eps).unwrap(), [0, 0]);
}

#[test]
fn a_training_row_gets_its_own_place() {
    let mut random = Random::new(906);
    for case in 0..30 {
        let n = 10 + random.below(50);
        let mut table = rows(&mut random, n, false);
        if case % 3 == 0 {
            // Extreme magnitudes are scaled, and together.
            let values = table.values().iter().map(|value| value * 1e200).collect();
            table = Table::new(values, 2);
        }
        let (min_samples, alpha) = (1 + random.below(6), [1.0, 1.7][case % 2]);
        let reachability = found(&table, min_samples, alpha);
        let cut = cut(&reachability, 3, Ties::Binary);
        let selection = Selection::default();
        let labels = Labels::new(&cut.condensed, &selection);
        let attached = points(&table, |points, context| {
            let how = (min_samples, alpha);
            hdbscan::attach(points, points, &reachability.cores, how, context).unwrap()
        });
        let placed = hdbscan::place(&cut.condensed, &labels, &attached).unwrap();
        assert_eq!(placed.labels, cut.labels);
        assert_eq!(placed.probabilities, cut.probabilities);
        assert_eq!(placed.outlier_scores, cut.outlier_scores);
    }
}

#[test]
fn new_rows_join_the_row_that_is_nearest_in_mutual_reachability() {
    let mut random = Random::new(907);
    for _ in 0..20 {
        let (training, new) = (rows(&mut random, 40, true), rows(&mut random, 25, true));
        let (min_samples, alpha) = (1 + random.below(6), 1.25);
        let cores = naive::reachability(&training, min_samples, alpha).cores;
        let attached = points(&new, |points_new, context| {
            points(&training, |points, _| {
                hdbscan::attach(points_new, points, &cores, (min_samples, alpha), context).unwrap()
            })
        });
        for (x, attached) in new.rows().zip(attached) {
            let distances: Vec<f64> =
                training.rows().map(|y| naive::squared_distance(x, y).sqrt()).collect();
            let mut sorted = distances.clone();
            sorted.sort_by(f64::total_cmp);
            let core = sorted[min_samples - 1];
            let reach = |row: &usize| (distances[*row] / alpha).max(core).max(cores[*row]);
            let order = |a: &usize, b: &usize| {
                reach(a).total_cmp(&reach(b)).then(distances[*a].total_cmp(&distances[*b]))
            };
            let nearest = (0..40).min_by(order).unwrap();
            assert_eq!(attached, Attached { row: nearest as u32, height: reach(&nearest) });
        }
    }
}

/// Memberships by walking up the tree for every row and label.
fn membership(cut: &Cut, lambda_of: &[f64], cluster_of: &[i64], distances: &[f64]) -> Vec<f64> {
    let n = cut.condensed.n_rows as i64;
    let line = |child: i64| cut.condensed.children.iter().position(|other| *other == child);
    let above = |cluster: i64| line(cluster).map(|at| cut.condensed.parents[at]);
    let chain = |cluster: i64| -> Vec<i64> {
        std::iter::successors(Some(cluster), |cluster| above(*cluster)).collect()
    };
    let lines = || cut.condensed.parents.iter().zip(&cut.condensed.lambdas);
    let death = |cluster: i64| {
        lines().filter(|(parent, _)| **parent == cluster).map(|(_, l)| *l).fold(0.0, f64::max)
    };
    let deepest = |cluster: i64| {
        let below = lines().filter(|(parent, _)| chain(**parent).contains(&cluster));
        below.map(|(_, lambda)| *lambda).fold(0.0, f64::max)
    };
    let k = cut.taken.len();
    let mut out = Vec::new();
    for (row, (lambda, own)) in lambda_of.iter().zip(cluster_of).enumerate() {
        let heights: Vec<f64> = cut
            .taken
            .iter()
            .map(|taken| {
                let other = n + i64::from(*taken);
                let meeting = *chain(*own).iter().find(|c| chain(other).contains(c)).unwrap();
                if meeting == *own || meeting == other { *lambda } else { death(meeting) }
            })
            .collect();
        let line = &distances[row * k..(row + 1) * k];
        let near: Vec<f64> = line.iter().map(|distance| 1.0 / distance.max(1e-300)).collect();
        let top = deepest(*own) + 1e-8;
        let late: Vec<f64> = heights.iter().map(|height| top / (top - height)).collect();
        let most = late.iter().copied().fold(f64::MIN, f64::max);
        let shares: Vec<f64> =
            near.iter().zip(&late).map(|(near, late)| near * (late - most).exp()).collect();
        let best = heights.iter().copied().fold(f64::MIN, f64::max);
        let nearest = heights.iter().position(|height| *height == best).unwrap();
        let scale = best / deepest(n + i64::from(cut.taken[nearest]));
        let sum: f64 = shares.iter().sum();
        out.extend(shares.iter().map(|share| share / sum * scale));
    }
    out
}

#[test]
fn memberships_are_those_of_the_definition() {
    let mut random = Random::new(908);
    let mut compared = 0;
    for case in 0..30 {
        let table = rows(&mut random, 60, false);
        let reachability = naive::reachability(&table, 2, 1.0);
        let method = [Method::ExcessOfMass, Method::Leaf][case % 2];
        let selection = Selection { method, ..Selection::default() };
        let cut = hdbscan::cut(60, &reachability.edges, 4, Ties::Binary, &selection).unwrap();
        let labels = Labels::new(&cut.condensed, &selection);
        let k = cut.taken.len();
        if k == 0 {
            continue;
        }
        let line =
            |row: i64| cut.condensed.children.iter().position(|child| *child == row).unwrap();
        let lambdas: Vec<f64> = (0..60).map(|row| cut.condensed.lambdas[line(row)]).collect();
        let clusters: Vec<i64> = (0..60).map(|row| cut.condensed.parents[line(row)]).collect();
        let distances: Vec<f64> = (0..60 * k).map(|_| 0.1 + random.uniform()).collect();
        let found = hdbscan::membership_of_rows(&cut.condensed, &labels, &distances).unwrap();
        let expected = membership(&cut, &lambdas, &clusters, &distances);
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() <= 1e-9, "{found} {expected}");
            compared += 1;
        }
    }
    assert!(compared > 1_000);
}

#[test]
fn exemplars_stay_longest_in_the_leaves_of_their_cluster() {
    let mut random = Random::new(909);
    for _ in 0..20 {
        let table = rows(&mut random, 60, false);
        let cut = cut(&naive::reachability(&table, 3, 1.0), 4, Ties::Binary);
        let Exemplars { rows, labels } = &cut.exemplars;
        assert!(labels.is_sorted());
        for (row, label) in rows.iter().zip(labels) {
            assert_eq!(cut.labels[*row as usize], i64::from(*label));
            assert_eq!(cut.outlier_scores[*row as usize], 0.0);
        }
        for label in 0..cut.taken.len() as u32 {
            assert!(labels.contains(&label));
        }
    }
}

#[test]
fn the_lines_of_a_condensed_tree_are_read_back() {
    let mut random = Random::new(910);
    let table = rows(&mut random, 80, true);
    let cut = cut(&naive::reachability(&table, 2, 1.0), 3, Ties::Merge);
    let condensed = &cut.condensed;
    let lines: Vec<(i64, i64, f64, i64)> = (0..condensed.parents.len())
        .map(|at| {
            let (parent, child) = (condensed.parents[at], condensed.children[at]);
            (parent, child, condensed.lambdas[at], condensed.sizes[at])
        })
        .collect();
    let again = Condensed::of_lines(80, lines.iter().copied()).unwrap();
    assert_eq!(again.outlier_scores(), cut.outlier_scores);
    let labels = Labels::again(&again, cut.taken.clone(), 0.0).unwrap();
    assert_eq!(labels.of_rows(&again), (cut.labels.clone(), cut.probabilities.clone()));
    for damage in [(80_000, 0), (0, 0), (80, 80), (80, -1), (80, 9_000)] {
        let mut lines = lines.clone();
        (lines[7].0, lines[7].1) = damage;
        assert!(Condensed::of_lines(80, lines.into_iter()).is_err(), "{damage:?}");
    }
    assert!(Labels::again(&again, vec![9_999], 0.0).is_err());
}

#[test]
fn few_rows_and_equal_rows_are_noise_or_one_heap() {
    let one = cut(&naive::reachability(&Table::new(vec![1.0], 1), 1, 1.0), 2, Ties::Binary);
    assert_eq!((one.labels, one.outlier_scores), (vec![-1], vec![0.0]));
    let none = hdbscan::cut(0, &[], 2, Ties::Merge, &Selection::default()).unwrap();
    assert!(none.labels.is_empty());
    let equal = naive::reachability(&Table::new(vec![3.0; 12], 1), 3, 1.0);
    let alone = Selection { allow_single_cluster: true, ..Selection::default() };
    for ties in [Ties::Binary, Ties::Merge] {
        let cut = hdbscan::cut(12, &equal.edges, 3, ties, &alone).unwrap();
        assert_eq!((cut.labels, cut.probabilities), (vec![0; 12], vec![1.0; 12]));
        let cut = hdbscan::cut(12, &equal.edges, 13, ties, &Selection::default()).unwrap();
        assert_eq!(cut.labels, [-1; 12]);
    }
}

#[test]
fn wrong_numbers_are_refused() {
    let table = Table::new(vec![0.0, 1.0, 5.0], 1);
    let reachability = naive::reachability(&table, 1, 1.0);
    points(&table, |points, context| {
        let too_many = hdbscan::reachability(points, 4, 1.0, context).unwrap_err();
        assert_eq!(too_many, Error::MinSamplesTooLarge { min_samples: 4, n_samples: 3 });
        assert!(hdbscan::reachability(points, 0, 1.0, context).is_err());
        let short = hdbscan::attach(points, points, &[0.0], (1, 1.0), context).unwrap_err();
        assert_eq!(short, Error::LengthMismatch { name: "cores", found: 1, expected: 3 });
    });
    let selection = Selection::default();
    let small = hdbscan::cut(3, &reachability.edges, 1, Ties::Binary, &selection).unwrap_err();
    assert_eq!(small, Error::AtLeast { name: "min_cluster_size", least: 2, found: 1 });
    with_threads(1, |context| {
        let lonely = [vec![(1, 1.0)], vec![(0, 1.0)], vec![]];
        let error = hdbscan::of_graph(&lonely, 2, 1.0, None, context).unwrap_err();
        assert_eq!(error, Error::TooFewListed { min_samples: 2, row: 2, found: 0 });
        let kept = hdbscan::of_graph(&lonely, 2, 1.0, Some(9.0), context).unwrap();
        assert_eq!((kept.cores, kept.edges.len()), (vec![1.0, 1.0, 9.0], 1));
        assert!(hdbscan::of_graph(&[vec![(7, 1.0)]], 1, 1.0, None, context).is_err());
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the lines and the edges say: an answer or an error, never a panic.
    #[test]
    fn no_tree_makes_it_panic(
        edges in prop::collection::vec((0_u32..6, 0_u32..6, 0_u32..4), 0..8),
        lines in prop::collection::vec((0_i64..12, 0_i64..12, 0_u32..4), 0..16),
        taken in prop::collection::vec(0_u32..4, 0..3),
    ) {
        let edges: Vec<Edge> = edges
            .iter()
            .map(|(low, high, weight)| Edge { weight: f64::from(*weight), low: *low, high: *high })
            .collect();
        let _ = hdbscan::cut(5, &edges, 2, Ties::Merge, &Selection::default());
        let _ = hdbscan::cut_at(5, &edges, 2.0, 2);
        let lines = lines.iter().map(|(p, c, l)| (*p, *c, f64::from(*l), 1));
        if let Ok(tree) = Condensed::of_lines(5, lines)
            && let Ok(labels) = Labels::again(&tree, taken, 0.5)
        {
            let attached = [Attached { row: 3, height: 0.4 }, Attached { row: 0, height: f64::NAN }];
            let placed = hdbscan::place(&tree, &labels, &attached).unwrap();
            let distances = vec![1.0; 2 * labels.taken.len()];
            let places = (&placed.clusters[..], &placed.lambdas[..]);
            let _ = hdbscan::membership(&tree, &labels, places, &distances);
        }
    }
}

/// Rows in masses of copies, few distinct ones and many, with heaps of different sizes.
fn copied(random: &mut Random, n: usize, d: usize, n_kinds: usize) -> Table {
    let kinds: Vec<f64> = (0..n_kinds * d).map(|_| random.below(3) as f64).collect();
    let mut values = Vec::new();
    for _ in 0..n {
        if random.below(4) == 0 {
            // Eighths: their squares are summed exactly in any order.
            values.extend((0..d).map(|_| random.below(40) as f64 / 8.0));
        } else {
            let kind = random.below(n_kinds);
            values.extend_from_slice(&kinds[kind * d..][..d]);
        }
    }
    Table::new(values, d)
}

#[test]
fn masses_of_copies_leave_the_tree_that_of_all_pairs() {
    let mut random = Random::new(911);
    for case in 0..24 {
        let (n, d) = ([60, 400][case % 2], [2, 24, 80][case % 3]);
        let table = copied(&mut random, n, d, [1, 2, 9, 40][case % 4]);
        let min_samples = [1, 2, 5, 30][random.below(4)];
        let alpha = [1.0, 1.5, 0.5][case % 3];
        assert_eq!(
            found(&table, min_samples, alpha),
            naive::reachability(&table, min_samples, alpha),
            "case {case}"
        );
    }
    for (n, d) in [(5, 3), (700, 30)] {
        let table = Table::new(vec![0.25; n * d], d);
        for min_samples in [1, 4] {
            assert_eq!(
                found(&table, min_samples, 1.0),
                naive::reachability(&table, min_samples, 1.0)
            );
        }
    }
}

/// Squares of the smallest differences are 0: rows of different kinds are as near as copies.
#[test]
fn copies_beside_rows_at_no_distance_leave_the_tree_that_of_all_pairs() {
    let mut random = Random::new(912);
    let tiny = 1e-170;
    let values = (0..400 * 40).map(|at| {
        let row = at / 40;
        f64::from(u8::from(at % 40 == 0)) * [0.0, tiny, 1.0, 1.0 + f64::EPSILON][row * 7 % 4]
            + if row % 50 == 0 { random.below(40) as f64 / 8.0 } else { 0.0 }
    });
    let table = Table::new(values.collect(), 40);
    for min_samples in [1, 3, 20] {
        assert_eq!(found(&table, min_samples, 1.0), naive::reachability(&table, min_samples, 1.0));
    }
}

/// Under cosine, rows of zeros are no copies of each other.
#[test]
fn rows_of_zeros_are_far_from_each_other_under_cosine() {
    let mut values = vec![0.0; 300 * 20];
    values[..3 * 20].fill(1.0);
    let view = ArrayView2::from_shape((300, 20), &values).unwrap();
    with_threads(2, |context| {
        let points = Points::new(Values::F64(view), Metric::Cosine, context).unwrap();
        let found = hdbscan::reachability(&points, 2, 1.0, context).unwrap();
        assert_eq!(found.edges.iter().filter(|edge| edge.weight == 0.0).count(), 2);
        assert!(found.cores[3..].iter().all(|core| *core == 1.0));
        assert!(found.edges[2..].iter().all(|edge| edge.weight == 1.0));
    });
}
