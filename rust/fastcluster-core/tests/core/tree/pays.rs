//! When trees pay: by what the rows fill, not by how many features they have.

use fastcluster_core::points::Metric;
use fastcluster_core::tree::{Reach, pays};

use crate::data::Data;
use crate::random::Random;
use crate::with_threads;

/// `n` rows of `d` features that fill `filled` dimensions.
fn flat(n: usize, d: usize, filled: usize) -> Data {
    let random = &mut Random::new(8);
    let directions = random.normals(filled * d);
    let mut values = Vec::with_capacity(n * d);
    for _ in 0..n {
        let place = random.normals(filled);
        for feature in 0..d {
            values.push((0..filled).map(|at| place[at] * directions[at * d + feature]).sum());
        }
    }
    Data::f64(&values, d)
}

fn answer(data: &Data, reach: Reach) -> bool {
    with_threads(1, |context| pays(&data.points(Metric::Euclidean), reach, context).unwrap())
}

#[test]
fn filled_dimensions_decide() {
    let near = Reach::Nearest(10);
    assert!(answer(&flat(20_000, 2, 2), near));
    assert!(answer(&flat(20_000, 3, 3), near));
    assert!(answer(&flat(20_000, 24, 2), near), "24 features, but a plane");
    assert!(!answer(&flat(20_000, 24, 24), near));
    assert!(answer(&flat(20_000, 2, 2), Reach::Within(0.05)));
    assert!(!answer(&flat(20_000, 24, 24), Reach::Within(20.0)));
    assert!(answer(&flat(20_000, 24, 24), Reach::Within(1e3)), "one node holds all that is near");
}

#[test]
fn few_and_equal_rows_are_no_exception() {
    for n in [1, 2, 5, 300] {
        answer(&Data::f64(&vec![1.0; n], 1), Reach::Nearest(3));
        answer(&Data::f64(&vec![1.0; n], 1), Reach::Within(0.0));
    }
    assert!(answer(&Data::f64(&vec![2.0; 40_000], 2), Reach::Nearest(10)));
}
