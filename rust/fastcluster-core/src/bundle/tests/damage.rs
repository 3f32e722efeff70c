//! Damage is found, wherever it is: every length, every bit.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use super::*;

/// A bundle of about 16 KiB.
fn sixteen_kib() -> (TempDir, PathBuf) {
    let (directory, path) = place();
    let bytes: Vec<u8> = (0..14_592_u32).map(|at| (at * 37 % 251) as u8).collect();
    let flags: Vec<u8> = bytes[..256].iter().map(|byte| byte & 1).collect();
    let centers = Segment { name: "centers", dtype: DType::F32, shape: &[57, 64], data: &bytes };
    let flags = Segment { name: "flags", dtype: DType::Bool, shape: &[256], data: &flags };
    write(&path, DESCRIPTION, &[centers, flags]).unwrap();
    (directory, path)
}

/// The files that hold the bundle's content.
fn content_files(path: &Path) -> Vec<PathBuf> {
    let names = names_in(path).into_iter().filter(|name| name != "writer.lock");
    names.map(|name| path.join(name)).collect()
}

#[test]
fn every_flipped_bit_is_found() {
    let (_directory, path) = sixteen_kib();
    let mut n_flips = 0;
    for name in content_files(&path) {
        let whole = fs::read(&name).unwrap();
        let mut file = File::options().write(true).open(&name).unwrap();
        let mut put = |at: usize, byte: u8| {
            file.seek(SeekFrom::Start(at as u64)).unwrap();
            file.write_all(&[byte]).unwrap();
        };
        for (at, &byte) in whole.iter().enumerate() {
            for bit in 0..8 {
                put(at, byte ^ (1 << bit));
                assert!(load(&path).is_err(), "{} byte {at} bit {bit}", name.display());
                n_flips += 1;
            }
            put(at, byte);
        }
    }
    assert!(n_flips > 15 * 1024 * 8, "{n_flips}");
    assert!(load(&path).is_ok());
}

#[test]
fn every_truncation_is_found_with_and_without_checksums() {
    let (_directory, path) = sixteen_kib();
    for file in content_files(&path) {
        let whole = fs::read(&file).unwrap();
        let cut = File::options().write(true).open(&file).unwrap();
        for length in (0..whole.len()).rev() {
            cut.set_len(length as u64).unwrap();
            for verify in [Verify::Everything, Verify::Headers] {
                let found = open(&path, EXPECTED, verify);
                assert!(found.is_err(), "{} cut to {length}", file.display());
            }
        }
        fs::write(&file, &whole).unwrap();
    }
    assert!(load(&path).is_ok());
}

#[test]
fn damage_is_reported_with_file_expectation_finding_and_way_out() {
    let (_directory, path) = sixteen_kib();
    let files = content_files(&path);
    let [centers, _, manifest] = &files[..] else { panic!("{files:?}") };
    let whole = fs::read(centers).unwrap();

    fs::write(centers, &whole[..whole.len() - 1]).unwrap();
    assert_message(&path, centers, "is 14719 bytes long, expected 14720: it was cut short");

    fs::write(centers, [&whole[..], b"x"].concat()).unwrap();
    assert_message(&path, centers, "is 14721 bytes long, expected 14720: it was added to");

    let mut damaged = whole.clone();
    damaged[10_000] ^= 1;
    fs::write(centers, &damaged).unwrap();
    assert_message(&path, centers, "is damaged: its checksum is ");

    damaged = whole.clone();
    damaged[20] ^= 1;
    fs::write(centers, &damaged).unwrap();
    assert_message(&path, centers, "has a header that does not say dtype <f4 and shape (57, 64)");

    fs::remove_file(centers).unwrap();
    assert_message(&path, centers, "is missing, and the manifest names it");
    fs::write(centers, &whole).unwrap();

    let text = fs::read_to_string(manifest).unwrap();
    fs::write(manifest, text.replace("0.1", "0.2")).unwrap();
    assert_message(&path, manifest, "is damaged: its checksum is ");

    fs::write(manifest, &text[..text.len() - 40]).unwrap();
    assert_message(&path, manifest, "it does not end in its own checksum, as if cut short");
}

fn assert_message(bundle: &Path, file: &Path, sentence: &str) {
    let message = load(bundle).unwrap_err().to_string();
    let (first, hint) = message.split_once('\n').unwrap();
    assert!(first.starts_with(&*file.to_string_lossy()), "{message}");
    assert!(first.contains(sentence), "{message}");
    assert_eq!(hint, "hint: restore the bundle from a copy, or save it again");
}

#[test]
fn a_damaged_bundle_can_be_saved_over() {
    let (_directory, path) = place();
    save(&path, 1).unwrap();
    let manifest = path.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, &text[..text.len() / 2]).unwrap();
    assert!(load(&path).is_err());
    save(&path, 2).unwrap();
    assert_eq!(seed_of(&path), 2);
}
