//! Manifests that somebody made: sealed with a right checksum, and still refused.

use xxhash_rust::xxh3::xxh3_128;

use super::*;

/// A change of a manifest's text.
type Change = Box<dyn Fn(&str) -> String>;

/// Rewrites the manifest of a small bundle and seals it again; returns the error that opening it
/// gives.
fn message_after(change: impl Fn(&str) -> String) -> String {
    let (_directory, path) = place();
    save(&path, 3).unwrap();
    reseal(&path, change);
    load(&path).unwrap_err().to_string()
}

fn reseal(path: &Path, change: impl Fn(&str) -> String) {
    let file = path.join("manifest.json");
    let text = fs::read_to_string(&file).unwrap();
    let (opening, _) = text.split_once(",\n  \"manifest_xxh3_128\"").unwrap();
    let changed = change(opening);
    assert_ne!(changed, opening, "the change changes nothing");
    let checksum = xxh3_128(changed.as_bytes());
    let sealed = format!("{changed},\n  \"manifest_xxh3_128\": \"{checksum:032x}\"\n}}\n");
    fs::write(&file, sealed).unwrap();
}

#[test]
fn a_sealed_change_that_keeps_the_rules_is_read() {
    let (_directory, path) = place();
    save(&path, 3).unwrap();
    reseal(&path, |text| text.replace("0.1", "0.2"));
    assert!(load(&path).unwrap().manifest().contains("0.2"));
}

#[test]
fn hostile_manifests_are_refused_with_a_reason() {
    let deep = format!("\"a\": {}{}", "[".repeat(40), "]".repeat(40));
    let deeper = format!("\"a\": {}{}", "[".repeat(9_000), "]".repeat(9_000));
    let many = format!("\"a\": [0{}]", ",0".repeat(20_000));
    let note = "\"note\": \"ä\"";
    let file_of = |text: &str| {
        let start = text.find("000001-").unwrap();
        text[start..].split_once('"').unwrap().0.to_owned()
    };
    let renamed = |to: &'static str| move |text: &str| text.replace(&file_of(text), to);
    let replaced = |from: &'static str, to: String| move |text: &str| text.replace(from, &to);

    let cases: Vec<(&str, Change)> = vec![
        ("the key \"tol\" occurs twice", Box::new(replaced(note, "\"tol\": 1".into()))),
        ("the key \"dtype\" occurs twice", Box::new(replaced("\"bytes\"", "\"dtype\"".into()))),
        ("nested more than 32 deep", Box::new(replaced(note, deep))),
        ("nested more than 32 deep", Box::new(replaced(note, deeper))),
        ("more than 16384 values", Box::new(replaced(note, many))),
        ("it is longer than 1048576 bytes", Box::new(replaced("ä", "ä".repeat(600_000)))),
        ("no name of a segment's file", Box::new(renamed("../000001-0000000000000000-a.npy"))),
        ("no name of a segment's file", Box::new(renamed("/etc/passwd"))),
        ("no name of a segment's file", Box::new(renamed("000001-0000000000000000-a/b.npy"))),
        ("no name of a segment's file", Box::new(renamed("000001-0000000000000000-..npy"))),
        ("no name of a segment's file", Box::new(renamed("manifest.json"))),
        ("is missing", Box::new(renamed("000001-0000000000000000-a.npy"))),
        ("its name must be", Box::new(replaced("\"centers\"", "\"../a\"".into()))),
        ("dtype \"|O\" is unknown", Box::new(replaced("<f4", "|O".into()))),
        ("takes 96 bytes, not 48", Box::new(replaced("<f4", "<f8".into()))),
        ("takes 64 bytes, not 48", Box::new(replaced("      3\n", "      4\n".into()))),
        ("at most 8 dimensions", Box::new(replaced("      4,", "1,1,1,1,1,1,1,4,".into()))),
        ("and 2^63 bytes", Box::new(replaced("      4,", "0, 9223372036854775807,".into()))),
        ("invalid value", Box::new(replaced("      4,", "-4,".into()))),
        ("invalid type", Box::new(replaced("      4,", "4.0,".into()))),
        ("missing field `segments`", Box::new(replaced("\"segments\"", "\"parts\"".into()))),
        ("missing field `version`", Box::new(replaced("\"version\"", "\"v\"".into()))),
        ("invalid length", Box::new(replaced("[1, 0]", "[1]".into()))),
        ("expected value", Box::new(replaced("0.1", "NaN".into()))),
        (
            "is 176 bytes long, expected 1125899906842752",
            Box::new(|text| {
                // A promise of a pebibyte costs nothing: sizes are compared before anything is
                // allocated.
                text.replace("      4,\n        3", "262144, 1073741824")
                    .replace("\"bytes\": 48", "\"bytes\": 1125899906842624")
            }),
        ),
    ];
    for (reason, change) in cases {
        let message = message_after(change);
        assert!(message.contains(reason), "expected {reason:?} in {message:?}");
    }
}

#[test]
fn a_header_must_agree_also_when_no_byte_is_read() {
    let (_directory, path) = place();
    save(&path, 3).unwrap();
    reseal(&path, |text| text.replace("      4,\n        3", "3, 4"));
    let found = open(&path, EXPECTED, Verify::Headers);
    assert!(matches!(found, Err(Error::Header { .. })), "{found:?}");
}

#[test]
fn a_newer_version_asks_for_a_newer_library_and_a_newer_minor_version_is_read() {
    let newer = |text: &str| text.replace("[1, 0]", "[2, 3]").replace("\"dtype\"", "\"kind\"");
    let message = message_after(newer);
    assert!(message.contains("has version 2.3 of its format, and this library reads version 1.x"));
    assert!(message.contains("hint: a newer fastcluster wrote it: upgrade"), "{message}");

    let message = message_after(|text| text.replace("[1, 0]", "[0, 9]"));
    assert!(message.contains("hint: no release of fastcluster wrote this version"), "{message}");

    let (_directory, path) = place();
    save(&path, 3).unwrap();
    reseal(&path, |text| text.replace("[1, 0]", "[1, 9]"));
    assert_eq!(seed_of(&path), 3);
}

#[test]
fn another_format_is_refused_by_name() {
    let (_directory, path) = place();
    save(&path, 3).unwrap();
    let expected = Expected { format: "fastcluster-index", ..EXPECTED };
    let message = open(&path, expected, Verify::Everything).unwrap_err().to_string();
    assert!(message.contains("format \"fastcluster-model\", expected \"fastcluster-index\""));
}

#[test]
fn a_sealed_boolean_that_is_neither_true_nor_false_is_refused() {
    let (_directory, path) = place();
    save(&path, 3).unwrap();
    let file = load(&path).unwrap().file("flags").unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let old = format!("{:032x}", xxh3_128(&bytes));
    *bytes.last_mut().unwrap() = 2;
    let new = format!("{:032x}", xxh3_128(&bytes));
    fs::write(&file, &bytes).unwrap();
    reseal(&path, |text| text.replace(&old, &new));
    let found = load(&path);
    assert!(matches!(found, Err(Error::Boolean { found: 2, .. })), "{found:?}");
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere() {
    let (directory, path) = place();
    save(&path, 3).unwrap();
    let file = load(&path).unwrap().file("centers").unwrap();
    let outside = directory.path().join("outside.npy");
    fs::rename(&file, &outside).unwrap();
    std::os::unix::fs::symlink(&outside, &file).unwrap();
    assert!(matches!(load(&path), Err(Error::NotAFile { .. })));

    fs::remove_file(path.join("manifest.json")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", path.join("manifest.json")).unwrap();
    assert!(matches!(load(&path), Err(Error::NotAFile { .. })));
}

#[test]
fn what_is_no_bundle_is_called_by_its_name() {
    let (directory, path) = place();
    let missing = load(&path);
    assert!(
        matches!(&missing, Err(Error::Io { source, .. })
            if source.kind() == std::io::ErrorKind::NotFound),
        "{missing:?}"
    );
    let message = load(directory.path()).unwrap_err().to_string();
    assert!(message.contains("it is a directory without manifest.json"), "{message}");
    fs::write(&path, b"pickle?").unwrap();
    let message = load(&path).unwrap_err().to_string();
    assert!(message.contains("it is a file"), "{message}");
}
