//! A filter of pairs against true distances in 106 bits: no pair within a limit is missed, and bounds from above hold.

use fastcluster_kernels::Level;
use fastcluster_kernels::assign::Rows;
use fastcluster_kernels::join::{Limits, Near, join};
use fastcluster_kernels::panels::{Kind, Panels, RowBand};
use fastcluster_kernels::quantize;

use crate::exact;
use crate::filter::{KINDS, lost};
use crate::hostile::{self, Case, Size};
use crate::random::Random;

/// Rows and centroids of a case as one set, in words on both sides.
struct Joined {
    panels: Panels,
    words: Vec<u32>,
    floats: Vec<f32>,
    bands: Vec<RowBand>,
    /// Bounds of the squared distances from m.
    below: Vec<f32>,
    above: Vec<f32>,
    /// True squared distances, all against all.
    squared: Vec<f64>,
}

impl Joined {
    fn new(level: Level, kind: Kind, case: &Case) -> Self {
        let d = case.n_features;
        let steps = d.div_ceil(4);
        let rows: Vec<&[f64]> = case.rows.chunks(d).chain(case.centers.chunks(d)).collect();
        let mean: Vec<f64> = case.mean.iter().map(|value| f64::from(*value)).collect();
        let mut joined = Self {
            panels: Panels::new(level, kind, rows.len(), d),
            words: vec![0; rows.len() * steps],
            floats: vec![0.0; rows.len() * d],
            bands: Vec::new(),
            below: Vec::new(),
            above: Vec::new(),
            squared: Vec::new(),
        };
        let mut centered = vec![0.0; d];
        for (index, (row, words)) in rows.iter().zip(joined.words.chunks_mut(steps)).enumerate() {
            let single: Vec<f32> = row.iter().map(|value| *value as f32).collect();
            let norm = quantize::center(level, &single, &case.mean, &mut centered);
            let residual = norm * (f32::EPSILON / 2.0) + lost(row, &single);
            let bytes = quantize::quantize(level, &centered, residual, words);
            let band = match kind {
                Kind::Bytes => bytes,
                Kind::Floats => RowBand::of_floats(norm, residual, d),
            };
            joined.floats[index * d..][..d].copy_from_slice(&centered);
            let true_norm = exact::squared_norm(&exact::differences(row, &mean)).value() as f32;
            joined.bands.push(band);
            joined.below.push(true_norm.next_down().max(0.0));
            joined.above.push(true_norm.next_up());
            match kind {
                Kind::Bytes => joined.panels.set_row(index, words, band, joined.below[index]),
                Kind::Floats => {
                    joined.panels.set_row_floats(index, &centered, band, joined.below[index]);
                }
            }
        }
        for one in &rows {
            let to = rows.iter().map(|other| exact::squared_norm(&exact::differences(one, other)));
            joined.squared.extend(to.map(exact::Double::value));
        }
        joined
    }

    fn len(&self) -> usize {
        self.bands.len()
    }

    fn squared(&self, near: &Near) -> f64 {
        self.squared[near.row as usize * self.len() + near.column as usize]
    }

    fn join(&self, rows: &[f32], columns: &[f32]) -> Vec<Near> {
        let (mut limits, mut found) = (Limits::default(), Vec::new());
        limits.set(rows.iter().copied(), &self.below, columns.iter().copied());
        let list: Vec<u32> = (0..self.len() as u32).collect();
        let words = match self.panels.kind() {
            Kind::Bytes => Rows::Bytes(&self.words),
            Kind::Floats => Rows::Floats(&self.floats),
        };
        let words = (words, &self.bands[..]);
        join(&self.panels, 0..self.panels.n_panels(), words, &list, &mut limits, &mut found);
        found
    }
}

/// For each row one of its squared distances, rounded up to float32, or a limit that none or all pass.
fn limits(joined: &Joined, random: &mut Random) -> Vec<f32> {
    let limit = |row: usize| {
        let squared = joined.squared[row * joined.len() + random.below(joined.len())] as f32;
        match random.below(8) {
            0 => f32::NEG_INFINITY,
            1 => 0.0,
            2 if row.is_multiple_of(5) => f32::INFINITY,
            _ => squared.next_up(),
        }
    };
    (0..joined.len()).map(limit).collect()
}

fn levels_and_kinds() -> impl Iterator<Item = (Level, Kind)> {
    Level::available().into_iter().flat_map(|level| KINDS.map(|kind| (level, kind)))
}

fn assert_case(case: &Case, random: &mut Random) {
    for (level, kind) in levels_and_kinds() {
        let joined = Joined::new(level, kind, case);
        let n = joined.len();
        let what = format!("{} {kind:?} {}", level.name(), case.label());
        let (rows, columns) = (limits(&joined, random), limits(&joined, random));
        let found = joined.join(&rows, &columns);
        let mut seen = vec![0; n * n];
        for near in &found {
            seen[near.row as usize * n + near.column as usize] += 1;
            let (row, column) = (near.row as usize, near.column as usize);
            let norms = (joined.above[row], joined.above[column]);
            let above = joined.panels.squared_above(joined.bands[row], column, near.lower, norms);
            assert!(
                above >= joined.squared(near),
                "{what}: {near:?} is {:e}",
                joined.squared(near)
            );
        }
        assert!(seen.iter().all(|times| *times <= 1), "{what}: a pair was listed twice");
        for (pair, squared) in joined.squared.iter().enumerate() {
            let limit = f64::from(rows[pair / n].max(columns[pair % n]));
            assert!(seen[pair] == 1 || *squared > limit, "{what}: {pair} of {n}, {squared:e}");
        }
    }
}

#[test]
fn no_pair_within_a_limit_is_missed_on_hostile_data() {
    let random = &mut Random::new(400);
    for (seed, (centers, features)) in
        [(1, 1), (7, 2), (17, 3), (40, 7), (90, 33)].into_iter().enumerate()
    {
        for case in hostile::all(Size { rows: 23, centers, features }, 400 + seed as u64) {
            assert_case(&case, random);
        }
    }
}

#[test]
fn no_pair_is_missed_for_any_number_of_rows() {
    let random = &mut Random::new(401);
    for centers in (1..=66).step_by(5).chain([63, 64, 127, 128]) {
        let case = hostile::embeddings(Size { rows: 1, centers, features: 17 }, random);
        assert_case(&case, random);
    }
}

/// In many dimensions the bounds are narrow: a limit below all distances lists only each row with itself.
#[test]
fn far_pairs_are_not_listed() {
    let (d, random) = (128, &mut Random::new(402));
    let mut values = |n: usize| -> Vec<f64> { (0..n * d).map(|_| random.symmetric()).collect() };
    let case = Case::new("uniform", d, values(60), values(60));
    for (level, kind) in levels_and_kinds() {
        let joined = Joined::new(level, kind, &case);
        let n = joined.len();
        let others = (0..n * n).filter(|pair| pair / n != pair % n);
        let least = others.map(|pair| joined.squared[pair]).fold(f64::INFINITY, f64::min);
        let limit = vec![(0.5 * least) as f32; n];
        let none = vec![f32::NEG_INFINITY; n];
        for (rows, columns) in [(&limit, &none), (&none, &limit), (&limit, &limit)] {
            let found = joined.join(rows, columns);
            assert!(found.iter().all(|near| near.row == near.column), "{}", level.name());
            assert_eq!(found.len(), n);
        }
    }
}
