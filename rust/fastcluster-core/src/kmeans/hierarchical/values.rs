//! Centers taken apart and put together.

use crate::centers::CenterValues;

/// One after the other; all are of the type of the first.
pub(super) fn concat(parts: impl Iterator<Item = CenterValues>) -> CenterValues {
    let (mut single, mut double) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            CenterValues::Single(values) => single.extend(values),
            CenterValues::Double(values) => double.extend(values),
        }
    }
    if double.is_empty() { CenterValues::Single(single) } else { CenterValues::Double(double) }
}

/// The listed centers of `n_features` values each.
pub(super) fn select(centers: &CenterValues, list: &[u32], n_features: usize) -> CenterValues {
    fn copied<T: Copy>(values: &[T], list: &[u32], n_features: usize) -> Vec<T> {
        let rows = list.iter().map(|index| &values[*index as usize * n_features..][..n_features]);
        rows.flatten().copied().collect()
    }
    match centers {
        CenterValues::Single(values) => CenterValues::Single(copied(values, list, n_features)),
        CenterValues::Double(values) => CenterValues::Double(copied(values, list, n_features)),
    }
}
