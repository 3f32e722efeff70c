//! Wrong input is refused with the rule, the value and the way out.

use fastcluster_core::Error;
use fastcluster_core::kmeans::{self, Centers, Init, Params};
use fastcluster_core::points::{Csr, Metric, Points, Values, first_not_finite};
use ndarray::{Array2, arr2};

use crate::data::{Data, LAYOUTS, TYPES, Type};
use crate::{fit, with_threads};

fn refused(data: &Data, weights: Option<&[f64]>, init: &Init, params: Params) -> Error {
    fit(data, Metric::Euclidean, weights, init, &params).unwrap_err()
}

#[test]
fn counts_that_cannot_be_are_refused() {
    let data = Data::f32(&[0.0, 1.0, 2.0], 1);
    let params = Params { n_clusters: 2, ..Params::default() };
    let zero = |name| Error::Zero { name };
    let with = |params| refused(&data, None, &Init::Random, params);
    assert_eq!(with(Params { n_clusters: 0, ..params }), zero("n_clusters"));
    assert_eq!(with(Params { n_init: 0, ..params }), zero("n_init"));
    assert_eq!(with(Params { max_iter: 0, ..params }), zero("max_iter"));
    let many = with(Params { n_clusters: 4, ..params });
    assert_eq!(many, Error::TooFewPoints { n_samples: 3, n_clusters: 4 });
    assert_eq!(
        many.to_string(),
        "n_samples=3 should be >= n_clusters=4.\nhint: pass n_clusters=3 or fewer"
    );
    assert_eq!(refused(&data, None, &Init::Given(Vec::new()), params), zero("n_init"));
}

#[test]
fn weights_that_do_not_fit_are_refused() {
    let data = Data::f32(&[0.0, 1.0, 2.0], 1);
    let params = Params { n_clusters: 2, ..Params::default() };
    let with = |weights: &[f64]| refused(&data, Some(weights), &Init::Random, params);
    let short = with(&[1.0, 2.0]);
    assert_eq!(short, Error::LengthMismatch { name: "sample_weight", found: 2, expected: 3 });
    assert_eq!(short.to_string(), "sample_weight has 2 entries, but X has 3 rows");
    assert_eq!(with(&[0.0; 3]), Error::NoWeight);
}

#[test]
fn start_centers_that_do_not_fit_are_refused() {
    let data = Data::f32(&[0.0; 12], 2);
    for (values, n_clusters) in [(9, 3), (8, 3), (3, 2), (4, 4), (6, 2), (0, 2), (7, 3)] {
        let init = Init::Given(vec![Centers::Single(vec![0.0; values])]);
        let params = Params { n_clusters, ..Params::default() };
        let found = fit(&data, Metric::Euclidean, None, &init, &params);
        assert!(found.is_err(), "{values} values for {n_clusters} centers of 2 features");
    }
}

#[test]
fn empty_data_are_refused() {
    for (shape, name) in [((0, 3), "n_samples"), ((3, 0), "n_features")] {
        let rows = Array2::<f32>::zeros(shape);
        let points = with_threads(1, |context| {
            Points::new(Values::F32(rows.view()), Metric::Euclidean, context).map(|_| ())
        });
        assert_eq!(points, Err(Error::Zero { name }));
    }
}

#[test]
fn centers_of_other_rows_are_refused() {
    let data = Data::f32(&[0.0; 6], 2);
    let assigned = |centers: Vec<f32>, d| {
        with_threads(1, |context| {
            let points = data.points(Metric::Euclidean);
            kmeans::assign(&points, Centers::Single(centers), d, None, true, context)
        })
        .unwrap_err()
    };
    let error = assigned(vec![0.0; 3], 3);
    assert_eq!(error, Error::FeatureMismatch { n_centers_features: 3, n_features: 2 });
    assert_eq!(error.to_string(), "centers have 3 features, but X has 2 features");
    assert_eq!(assigned(Vec::new(), 2), Error::Zero { name: "n_centers" });
}

#[test]
fn csr_parts_that_do_not_fit_are_refused() {
    let make = |data: &[f32], indices: &[i64], offsets: &[i64]| {
        Csr::new(data, indices, offsets, 3).map(|_| ())
    };
    assert_eq!(make(&[1.0, 2.0], &[0, 2], &[0, 1, 2]), Ok(()));
    for (data, indices, offsets) in [
        (&[1.0][..], &[0, 1][..], &[0, 1][..]),
        (&[1.0], &[3], &[0, 1]),
        (&[1.0], &[-1], &[0, 1]),
        (&[1.0], &[0], &[]),
        (&[1.0], &[0], &[1, 1]),
        (&[1.0], &[0], &[0, 2]),
        (&[1.0, 1.0], &[0, 1], &[0, 2, 1, 2]),
        (&[1.0], &[0], &[0, -1]),
        (&[1.0, 1.0], &[0, 1], &[0, 1]),
    ] {
        let refused = make(data, indices, offsets);
        assert!(matches!(refused, Err(Error::BadSparse { .. })), "{indices:?} {offsets:?}");
    }
}

#[test]
fn repeated_csr_entries_add_up() {
    let offsets = [0, 3, 3, 4];
    let sparse = Csr::new(&[1.0_f32, 2.0, 4.0, 8.0], &[1, 1, 0, 1], &offsets, 2).unwrap();
    let mut row = [9.0; 2];
    let read = |index, row: &mut [f64; 2]| Values::Csr32(sparse).read_64(index, row);
    read(0, &mut row);
    assert_eq!(row, [4.0, 3.0]);
    read(1, &mut row);
    assert_eq!(row, [0.0, 0.0]);
    read(2, &mut row);
    assert_eq!(row, [0.0, 8.0]);
}

#[test]
fn the_first_value_that_is_not_finite_is_named() {
    let find = |data: &Data, n_threads| {
        with_threads(n_threads, |context| first_not_finite(data.values(), context)).unwrap()
    };
    for element in TYPES.into_iter().filter(|element| !matches!(element, Type::I8 | Type::U8)) {
        for layout in LAYOUTS {
            let mut values = vec![0.5; 9000 * 3];
            let data = Data::new(element, layout, &values, 3);
            assert_eq!(find(&data, 2), None);
            values[3 * 8500 + 1] = f64::NEG_INFINITY;
            assert_eq!(
                find(&Data::new(element, layout, &values, 3), 2),
                Some((8500, 1)),
                "{element:?}"
            );
            values[3 * 4200 + 2] = f64::NAN;
            for n_threads in [1, 3] {
                let data = Data::new(element, layout, &values, 3);
                assert_eq!(find(&data, n_threads), Some((4200, 2)), "{element:?} {layout:?}");
            }
        }
    }
    let rows = arr2(&[[f32::MAX, -f32::MAX], [1e-45, 0.0]]);
    let found = with_threads(1, |context| first_not_finite(Values::F32(rows.view()), context));
    assert_eq!(found, Ok(None));
}
