//! `FASTCLUSTER_ISA` caps the level of a process: the test runs itself once for every name.

use std::io::Write as _;
use std::process::Command;

use fastcluster_kernels::Level;

/// Marks the level in the output of a run of this program.
const MARK: &str = "current level: ";

/// Says which level this process uses; on its own it shows that the level is one that the CPU has.
#[test]
fn tells_the_current_level() {
    let current = Level::current();
    assert!(Level::available().contains(&current));
    assert_eq!(current, Level::current());
    writeln!(std::io::stdout(), "{MARK}{}", current.name()).unwrap();
}

/// What a process with this cap reports as its level.
fn current_under(cap: &str) -> std::io::Result<String> {
    let output = Command::new(std::env::current_exe()?)
        .args(["--exact", "level_cap::tells_the_current_level", "--nocapture", "--test-threads=1"])
        .env("FASTCLUSTER_ISA", cap)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let told = text.split(MARK).nth(1).and_then(|after| after.split_whitespace().next());
    Ok(told.unwrap_or("nothing").to_owned())
}

#[test]
fn caps_at_every_name() {
    for level in Level::available() {
        assert_eq!(current_under(level.name()).unwrap(), level.name());
    }
}

#[test]
fn leaves_the_best_level_under_any_other_value() {
    let levels = Level::available();
    let best = levels[levels.len() - 1].name();
    for cap in ["", "AVX2", "sse9", "neon"] {
        assert_eq!(current_under(cap).unwrap(), best, "{cap:?}");
    }
}

/// Every name that there is, weakest first.
const NAMES: [&str; 5] = ["scalar", "avx2", "avx2vnni", "avx512", "avx512vnni"];

#[test]
fn lists_the_levels_weakest_first() {
    let places: Vec<Option<usize>> = Level::available()
        .iter()
        .map(|level| NAMES.iter().position(|name| *name == level.name()))
        .collect();
    assert_eq!(places[0], Some(0), "the portable level is always there");
    assert!(places.iter().all(Option::is_some), "{places:?}");
    assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
}

#[test]
fn bytes_save_time_on_every_vector_level() {
    for level in Level::available() {
        let saves = level.bytes_saving() > 0.0;
        assert_eq!(saves, level.name() != "scalar", "{}", level.name());
    }
}
