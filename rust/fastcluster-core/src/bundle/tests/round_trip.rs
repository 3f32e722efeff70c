//! Everything that was written comes back.

use proptest::prelude::*;

use super::*;
use crate::bundle::npy;

#[test]
fn a_bundle_gives_back_what_was_written() {
    let (_directory, path) = place();
    save(&path, 7).unwrap();
    let bundle = load(&path).unwrap();
    let described: Vec<_> = bundle.segments().collect();
    assert_eq!(
        described,
        [("centers", DType::F32, &[4_u64, 3][..]), ("flags", DType::Bool, &[3_u64][..])]
    );
    assert_eq!(bundle.read("flags").unwrap().unwrap(), [1, 0, 1]);
    assert_eq!(bundle.read("nothing").unwrap(), None);
    assert_eq!(bundle.file("nothing"), None);
}

#[test]
fn the_description_is_kept_to_the_letter() {
    let (_directory, path) = place();
    let description = "{\"format\": \"fastcluster-model\", \"version\": [1, 7],\n \"x\": \
                       {\"y\": [0.1000000000000000055511151231257827, 1e-320, -0.0]}}\n";
    write(&path, description, &[]).unwrap();
    let bundle = load(&path).unwrap();
    let kept = description.trim_end().strip_suffix('}').unwrap();
    assert!(bundle.manifest().starts_with(kept), "{}", bundle.manifest());
}

#[test]
fn headers_are_aligned_and_spelled_as_numpy_reads_them() {
    for (dtype, shape, dictionary) in [
        (DType::F32, &[][..], "{'descr': '<f4', 'fortran_order': False, 'shape': (), }"),
        (DType::BF16, &[5], "{'descr': '<u2', 'fortran_order': False, 'shape': (5,), }"),
        (DType::I8, &[2, 0], "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 0), }"),
    ] {
        let header = npy::header(dtype, shape);
        assert_eq!(header.len() % 64, 0);
        assert_eq!(&header[..8], b"\x93NUMPY\x01\x00");
        assert_eq!(usize::from(u16::from_le_bytes([header[8], header[9]])), header.len() - 10);
        let text = std::str::from_utf8(&header[10..]).unwrap();
        assert_eq!(text.trim_end(), dictionary);
        assert!(text.ends_with('\n'));
    }
}

#[test]
fn each_type_has_one_name_and_is_found_by_it() {
    for dtype in DType::ALL {
        assert_eq!(DType::from_name(dtype.name()), Some(dtype));
    }
    assert_eq!(DType::from_name(">f4"), None);
}

fn any_segment() -> impl Strategy<Value = (DType, Vec<u64>, Vec<u8>)> {
    let dtype = prop::sample::select(&DType::ALL[..]);
    let shape = prop::collection::vec(0_u64..5, 0..5);
    (dtype, shape).prop_flat_map(|(dtype, shape)| {
        let n_bytes = npy::data_bytes(dtype, &shape).unwrap() as usize;
        let highest = if dtype == DType::Bool { 1 } else { u8::MAX };
        let data = prop::collection::vec(0..=highest, n_bytes);
        (Just(dtype), Just(shape), data)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_arrays_round_trip(arrays in prop::collection::vec(any_segment(), 0..4)) {
        let (_directory, path) = place();
        let names: Vec<String> = (0..arrays.len()).map(|at| format!("array.{at}")).collect();
        let segments: Vec<Segment<'_>> = arrays
            .iter()
            .zip(&names)
            .map(|((dtype, shape, data), name)| Segment { name, dtype: *dtype, shape, data })
            .collect();
        write(&path, DESCRIPTION, &segments).unwrap();
        let bundle = load(&path).unwrap();
        prop_assert_eq!(bundle.segments().count(), segments.len());
        for segment in segments {
            let data = bundle.read(segment.name).unwrap().unwrap();
            prop_assert_eq!(data.as_slice(), segment.data);
        }
    }
}
