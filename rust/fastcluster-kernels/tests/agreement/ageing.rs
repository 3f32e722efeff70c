//! Bounds that outlive a pass: never worth more than what they stand for, hardly less, and the same on every level.

use fastcluster_kernels::bounds::Kept;
use fastcluster_kernels::{Level, bounds};

use crate::random::Random;

/// What a bound stands for: it is the upper half of a float32.
fn value(kept: Kept) -> f32 {
    f32::from_bits(u32::from(kept) << 16)
}

/// What cutting a bound to 8 bits of precision takes from it, and what denormals lose.
fn room(terms: &[f32]) -> f64 {
    terms.iter().map(|term| f64::from(term.abs())).sum::<f64>() / 127.0 + 1e-38
}

/// What roundings take from a difference of the given terms.
fn fine(terms: &[f32]) -> f64 {
    terms.iter().map(|term| f64::from(term.abs())).sum::<f64>() * 1e-6 + 1e-44
}

/// Bounds of the given distances.
fn all_kept(distances: &[f32]) -> Vec<Kept> {
    distances.iter().map(|distance| bounds::kept(*distance, 0.0)).collect()
}

/// A value of any size that a distance or a movement may have; zero at times.
fn length(random: &mut Random) -> f32 {
    match random.below(6) {
        0 => 0.0,
        1 => random.magnitude(-45.0, -30.0).abs() as f32,
        2 => random.magnitude(-20.0, 18.0).abs() as f32,
        _ => (4.0 * random.symmetric()).abs() as f32,
    }
}

fn lengths(n: usize, random: &mut Random) -> Vec<f32> {
    (0..n).map(|_| length(random)).collect()
}

/// What a bound is worth after its group has moved.
fn worth(level: Level, beyond: Kept, moved: f32) -> f32 {
    let mut closest = [f32::NAN];
    bounds::closest(level, &[beyond], &[moved], &mut closest);
    closest[0]
}

#[test]
fn what_is_kept_of_a_distance_is_never_worth_more_later() {
    let random = &mut Random::new(500);
    for _ in 0..20_000 {
        let (distance, first) = (length(random), length(random));
        let step = length(random);
        // As the group goes on: in float32, never below the sum.
        let moved = ((f64::from(first) + f64::from(step)) as f32).next_up();
        let kept = bounds::kept(distance, first);
        assert!(f64::from(value(kept)) <= f64::from(distance) + f64::from(first));
        for level in Level::available() {
            let worth = f64::from(worth(level, kept, moved));
            let right = f64::from(distance) - (f64::from(moved) - f64::from(first));
            let what = format!("{distance:e} kept at {first:e}, now {moved:e}");
            assert!(worth <= right, "{what}: {worth:e} is above {right:e}");
            assert!(worth >= right - room(&[distance, first, moved]), "{what}: {worth:e}");
        }
    }
}

#[test]
fn the_closest_group_is_that_of_least_worth() {
    let random = &mut Random::new(501);
    for (n_groups, n_rows) in [(1, 1), (1, 9), (3, 40), (64, 17), (7, 256)] {
        let mut beyond = all_kept(&lengths(n_groups * n_rows, random));
        beyond.iter_mut().step_by(11).for_each(|kept| *kept = 0);
        let moved = lengths(n_groups, random);
        for level in Level::available() {
            let mut closest = vec![f32::NAN; n_rows];
            bounds::closest(level, &beyond, &moved, &mut closest);
            for (row, closest) in closest.iter().enumerate() {
                let each = (0..n_groups).map(|group| {
                    worth(Level::available()[0], beyond[group * n_rows + row], moved[group])
                });
                let least = each.fold(f32::INFINITY, f32::min);
                assert_eq!(closest.to_bits(), least.to_bits(), "{} row {row}", level.name());
            }
        }
    }
    let mut none = [0.0; 3];
    bounds::closest(Level::current(), &[], &[], &mut none);
    assert!(none.iter().all(|least| *least > f32::MAX), "without a group nothing is near");
}

#[test]
fn a_row_is_passed_over_only_where_its_group_is_farther_than_its_reach() {
    let random = &mut Random::new(502);
    for n_rows in [1, 2, 15, 16, 17, 100, 256] {
        let mut beyond = all_kept(&lengths(n_rows, random));
        let mut reaches: Vec<f32> = beyond.iter().map(|kept| value(*kept) * 0.5).collect();
        for (row, (beyond, reach)) in beyond.iter_mut().zip(&mut reaches).enumerate() {
            match row % 7 {
                0 => *beyond = 0,
                1 => *reach = value(*beyond),
                2 => *reach = value(*beyond).next_up(),
                3 => *reach = value(*beyond).next_down(),
                4 => *reach = f32::INFINITY,
                5 => *reach = f32::NEG_INFINITY,
                _ => {}
            }
        }
        let among: Vec<u32> = (0..n_rows as u32).filter(|_| random.below(4) > 0).collect();
        for moved in [0.0, 1e-40, 1e-7, 0.3, 1e10] {
            let mut told: Option<Vec<u32>> = None;
            for level in Level::available() {
                let mut list = vec![77; 3];
                bounds::within(level, &beyond, moved, &reaches, &among, &mut list);
                assert!(list.windows(2).all(|two| two[0] < two[1]), "in the order of `among`");
                for row in &among {
                    let (at, listed) = (*row as usize, list.contains(row));
                    let bound = value(beyond[at]);
                    let apart = f64::from(bound) - f64::from(moved) - f64::from(reaches[at]);
                    assert!(listed || apart > 0.0, "row {row} may be within its reach");
                    let clear = apart > fine(&[bound, moved]);
                    assert!(!(listed && clear), "row {row} is {apart:e} farther");
                }
                assert!(list.iter().all(|row| among.contains(row)));
                assert_eq!(told.get_or_insert_with(|| list.clone()), &list, "{}", level.name());
            }
        }
    }
}

#[test]
fn what_a_sieve_found_is_kept_as_a_distance() {
    let random = &mut Random::new(503);
    let n_rows = 300;
    let norms: Vec<f32> = lengths(n_rows, random).iter().map(|norm| norm * norm).collect();
    let mut lowers: Vec<f32> = norms
        .iter()
        .map(|norm| {
            let spread = (f64::from(*norm) + 1e-30) * random.symmetric() * 2.0;
            spread as f32
        })
        .collect();
    lowers[3] = f32::INFINITY;
    lowers[4] = f32::NEG_INFINITY;
    lowers[5] = -norms[5] / 2.0;
    let list: Vec<u32> = (0..n_rows as u32).filter(|row| row % 5 != 2).collect();
    for moved in [0.0, 1e-3, 2.0, 1e12] {
        let mut told: Option<Vec<Kept>> = None;
        for level in Level::available() {
            let mut beyond = vec![777; n_rows];
            bounds::keep(level, &lowers, &norms, moved, &list, &mut beyond);
            for row in 0..n_rows {
                if row % 5 == 2 {
                    assert_eq!(beyond[row], 777, "row {row} is not listed");
                    continue;
                }
                let squared = 2.0 * f64::from(lowers[row]) + f64::from(norms[row]);
                let right = squared.max(0.0).sqrt() + f64::from(moved);
                let kept = f64::from(value(beyond[row]));
                let what = format!("row {row}: {kept:e} for {right:e}, moved {moved:e}");
                assert!(kept <= right && kept.is_finite(), "{what}");
                let terms = (2.0 * f64::from(lowers[row]).abs() + f64::from(norms[row])) * 4e-7;
                let least = (squared - terms).max(0.0).sqrt() * (1.0 - 4e-7) + f64::from(moved);
                let enough = least.min(1e18) * (126.0 / 127.0) - 1e-22;
                assert!(kept >= enough, "{what}");
            }
            assert_eq!(told.get_or_insert_with(|| beyond.clone()), &beyond, "{}", level.name());
        }
    }
}
