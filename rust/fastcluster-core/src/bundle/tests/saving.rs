//! Saving over what is there, beside other writers and readers, and after writers that died.

use std::thread;

use super::*;
use crate::bundle::lock::WriterLock;

#[test]
fn a_second_save_replaces_the_first_and_leaves_one_generation() {
    let (_directory, path) = place();
    save(&path, 1).unwrap();
    let first = names_in(&path);
    assert_eq!(first.len(), 4, "{first:?}");
    save(&path, 2).unwrap();
    assert_eq!(seed_of(&path), 2);
    let second = names_in(&path);
    assert_eq!(second.len(), 4, "{second:?}");
    assert!(second[0].starts_with("000002-") && second[0].ends_with("-centers.npy"), "{second:?}");
    assert_eq!(second[2..], ["manifest.json", "writer.lock"]);
}

#[test]
fn a_file_that_is_open_stays_as_it_was() {
    use std::io::Read;
    let (_directory, path) = place();
    save(&path, 1).unwrap();
    let mut old = fs::File::open(load(&path).unwrap().file("centers").unwrap()).unwrap();
    save(&path, 2).unwrap();
    let mut bytes = Vec::new();
    old.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes[bytes.len() - 48], 1);
}

#[test]
fn what_is_not_ours_is_refused_and_stays() {
    let (_directory, path) = place();
    fs::write(&path, b"mine").unwrap();
    let message = save(&path, 1).unwrap_err().to_string();
    assert!(message.contains("is a file, and a save replaces only bundles"), "{message}");
    assert_eq!(fs::read(&path).unwrap(), b"mine");

    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("notes.txt"), b"mine").unwrap();
    let message = save(&path, 1).unwrap_err().to_string();
    assert!(message.contains("is a directory with other files"), "{message}");
    assert_eq!(names_in(&path), ["notes.txt"]);

    fs::write(path.join("manifest.json"), b"{\"name\": \"an extension of a browser\"}").unwrap();
    let message = save(&path, 1).unwrap_err().to_string();
    assert!(message.contains("whose manifest.json is not ours"), "{message}");
    assert_eq!(names_in(&path), ["manifest.json", "notes.txt"]);
}

#[test]
fn a_bundle_of_another_format_is_not_replaced() {
    let (_directory, path) = place();
    write(&path, r#"{"format": "fastcluster-index", "version": [1, 0]}"#, &[]).unwrap();
    let found = save(&path, 1);
    assert!(matches!(found, Err(Error::Format { .. })), "{found:?}");
}

#[test]
fn an_empty_directory_and_an_unfinished_save_are_filled() {
    let (_directory, path) = place();
    fs::create_dir(&path).unwrap();
    save(&path, 1).unwrap();
    assert_eq!(seed_of(&path), 1);
    fs::remove_file(path.join("manifest.json")).unwrap();
    save(&path, 2).unwrap();
    assert_eq!(seed_of(&path), 2);
    assert_eq!(names_in(&path).len(), 4);
}

#[test]
fn files_of_dead_writers_are_swept_and_a_users_files_are_not() {
    let (directory, path) = place();
    save(&path, 1).unwrap();
    let theirs = ["notes.npy", "000001-centers.npy", "manifest-old.tmp", "centers.npy"];
    let ours = ["000009-0123456789abcdef-centers.npy", "manifest-0123456789abcdef.tmp"];
    for name in theirs.iter().chain(&ours) {
        fs::write(path.join(name), b"x").unwrap();
    }
    // What a killed writer of a new bundle leaves, and what a living one has.
    let name = path.file_name().unwrap();
    let dead = directory.path().join(super::super::sweep::sibling_name(name, "0123456789abcdef"));
    let alive = directory.path().join(super::super::sweep::sibling_name(name, "fedcba9876543210"));
    let other = directory.path().join(".fastcluster-notes.tmp");
    for sibling in [&dead, &alive, &other] {
        fs::create_dir(sibling).unwrap();
        fs::write(sibling.join("writer.lock"), b"").unwrap();
        fs::write(sibling.join(ours[0]), b"x").unwrap();
    }
    let lock = WriterLock::wait(&alive, &|| true).unwrap();

    save(&path, 2).unwrap();
    drop(lock);
    let left = names_in(&path);
    assert!(theirs.iter().all(|name| left.iter().any(|file| file == name)), "{left:?}");
    assert_eq!(left.len(), 4 + theirs.len(), "{left:?}");
    assert!(left[1].starts_with("000010-"), "{left:?}");
    assert_eq!((dead.exists(), alive.exists(), other.exists()), (false, true, true));
}

#[test]
fn nothing_is_touched_when_the_request_breaks_a_rule() {
    let (directory, path) = place();
    let refuse = |description: &str, segments: &[Segment<'_>], reason: &str| {
        let error = write(&path, description, segments).unwrap_err();
        assert!(matches!(error, Error::Unstorable { .. }), "{error:?}");
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(names_in(directory.path()), [""; 0]);
    };
    let too_long = "a".repeat(129);
    let segment = |name| Segment { name, dtype: DType::U8, shape: &[2], data: &[1, 2] };
    refuse("[]", &[], "states no format and version");
    refuse("{\"format\": 1, \"format\": 2}", &[], "the key \"format\" occurs twice");
    refuse(r#"{"format": "zip", "version": [1, 0]}"#, &[], "must start with \"fastcluster-\"");
    refuse(DESCRIPTION, &[segment("../a")], "must be named in letters");
    refuse(DESCRIPTION, &[segment(".a")], "must be named in letters");
    refuse(DESCRIPTION, &[segment("")], "must be named in letters");
    refuse(DESCRIPTION, &[segment(&too_long)], "must be named in letters");
    refuse(DESCRIPTION, &[segment("a"), segment("A")], "occurs twice");
    refuse(DESCRIPTION, &[Segment { shape: &[3], ..segment("a") }], "data of another length");
    refuse(DESCRIPTION, &[Segment { shape: &[1; 9], ..segment("a") }], "over 8 dimensions");
    let clash = r#"{"format": "fastcluster-model", "version": [1, 0], "segments": {}}"#;
    refuse(clash, &[], "the key \"segments\" occurs twice");
    let long = format!(
        r#"{{"format": "fastcluster-model", "version": [1, 0], "x": "{}"}}"#,
        "x".repeat(1 << 20)
    );
    refuse(&long, &[], "at most 1048576 are allowed");
}

#[test]
fn the_system_refusing_leaves_the_old_bundle_and_nothing_else() {
    let (directory, path) = place();
    let nowhere = directory.path().join("missing").join("model");
    assert!(matches!(save(&nowhere, 1), Err(Error::Io { .. })));
    assert!(matches!(save(Path::new("/"), 1), Err(Error::Unnamed { .. })));
    // A directory where the manifest belongs makes the commit itself fail.
    save(&path, 1).unwrap();
    let before = names_in(&path);
    fs::rename(path.join("manifest.json"), directory.path().join("kept")).unwrap();
    fs::create_dir(path.join("manifest.json")).unwrap();
    assert!(save(&path, 2).is_err());
    fs::remove_dir(path.join("manifest.json")).unwrap();
    fs::rename(directory.path().join("kept"), path.join("manifest.json")).unwrap();
    assert_eq!(names_in(&path), before);
    assert_eq!(seed_of(&path), 1);
}

#[test]
fn the_lock_of_a_file_that_was_removed_is_no_lock() {
    let (directory, _) = place();
    let path = directory.path().join("writer.lock");
    let opened = fs::File::create(&path).unwrap();
    assert!(WriterLock::take(opened.try_clone().unwrap(), &path).is_some());
    fs::remove_file(&path).unwrap();
    assert!(WriterLock::take(opened, &path).is_none());
}

#[test]
fn a_writer_waits_for_another_as_long_as_it_is_told() {
    use std::sync::atomic::{AtomicU32, Ordering};
    let (_directory, path) = place();
    save(&path, 1).unwrap();
    let lock = WriterLock::wait(&path, &|| true).unwrap();
    let n_asked = AtomicU32::new(0);
    let patience = || n_asked.fetch_add(1, Ordering::Relaxed) < 3;
    let found = super::super::write(&path, DESCRIPTION, &[], &patience);
    assert!(matches!(found, Err(Error::Locked { .. })), "{found:?}");
    assert_eq!(n_asked.into_inner(), 4);
    assert_eq!((seed_of(&path), names_in(&path).len()), (1, 4));
    drop(lock);
    save(&path, 2).unwrap();
}

#[cfg(unix)]
#[test]
fn a_link_to_a_bundle_stays_a_link() {
    let (directory, path) = place();
    save(&path, 1).unwrap();
    let link = directory.path().join("latest");
    std::os::unix::fs::symlink("model", &link).unwrap();
    save(&link, 2).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!((seed_of(&path), seed_of(&link)), (2, 2));
}

#[test]
fn writers_and_readers_at_once_see_whole_bundles() {
    let (directory, path) = place();
    let n_rounds = 8;
    thread::scope(|scope| {
        for writer in 0..3_u8 {
            let path = &path;
            scope.spawn(move || (0..n_rounds).for_each(|_| save(path, writer * 50).unwrap()));
        }
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..n_rounds * 3 {
                    match load(&path) {
                        // Not there yet.
                        Err(Error::Io { source, .. }) => {
                            assert_eq!(source.kind(), std::io::ErrorKind::NotFound);
                        }
                        found => drop(found.unwrap()),
                    }
                }
            });
        }
    });
    assert_eq!(seed_of(&path) % 50, 0);
    assert_eq!(names_in(&path).len(), 4, "{:?}", names_in(&path));
    assert_eq!(names_in(directory.path()), ["model"]);
}

#[test]
fn writers_that_create_at_once_do_not_sweep_each_other() {
    for _ in 0..20 {
        let (directory, path) = place();
        thread::scope(|scope| {
            for writer in 0..6 {
                let path = &path;
                scope.spawn(move || save(path, writer).unwrap());
            }
        });
        assert!(seed_of(&path) < 6);
        assert_eq!(names_in(&path).len(), 4, "{:?}", names_in(&path));
        assert_eq!(names_in(directory.path()), ["model"]);
    }
}
