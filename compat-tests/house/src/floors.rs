//! Versions below which a dependency has a known hole.
//!
//! `Cargo.lock` is what is built, so that is what is read: every locked version of a listed
//! crate must reach its floor. Advisories as of 2026-08-21; the list is re-read at every review.

/// A crate, the lowest version that is let in, and why.
pub const FLOORS: &[(&str, &str, &str)] = &[
    (
        "h2",
        "0.4.20",
        "RUSTSEC-2026-0258 (empty DATA frames); 0.4.16 to 0.4.18 kill healthy connections",
    ),
    (
        "tonic",
        "0.12.3",
        "RUSTSEC-2024-0376: the server exits on an accept error",
    ),
    (
        "quinn-proto",
        "0.11.15",
        "RUSTSEC-2026-0037 and 2026-0185: panic and memory exhaustion by the peer",
    ),
    (
        "rustls",
        "0.23.18",
        "RUSTSEC-2024-0336 and 2024-0399: infinite loop, panic in Acceptor",
    ),
    (
        "rustls-webpki",
        "0.103.13",
        "RUSTSEC-2026-0049, 0098, 0099, 0104: CRL matching, name constraints, panic",
    ),
    (
        "prost",
        "0.14.0",
        "RUSTSEC-2020-0002: stack overflow; the recursion limit stays on",
    ),
    (
        "prost-types",
        "0.14.0",
        "RUSTSEC-2021-0073: a Timestamp overflow panics",
    ),
    (
        "bytes",
        "1.11.1",
        "RUSTSEC-2026-0007: integer overflow in reserve",
    ),
    (
        "slab",
        "0.4.11",
        "RUSTSEC-2025-0047: out of bounds in get_disjoint_mut",
    ),
    (
        "tokio",
        "1.44.2",
        "RUSTSEC-2025-0023: broadcast clones without Sync",
    ),
    (
        "aws-lc-sys",
        "0.39.0",
        "RUSTSEC-2026-0044 to 0048: name constraints, CRL scope",
    ),
];

/// Crates that are not let in at all, and what to use instead.
pub const REFUSED: &[(&str, &str)] = &[
    (
        "rustls-pemfile",
        "RUSTSEC-2025-0134: unmaintained; use the PEM support of rustls-pki-types",
    ),
    (
        "backoff",
        "RUSTSEC-2025-0012: unmaintained; the runtime has its own",
    ),
];

/// The violations in the text of a `Cargo.lock`.
#[must_use]
pub fn check(lock: &str) -> Vec<String> {
    let locked = packages(lock);
    let mut violations = Vec::new();
    if locked.is_empty() {
        violations.push("Cargo.lock: no package found in it".to_owned());
    }
    for (name, version) in locked {
        for (floored, floor, why) in FLOORS {
            if name == *floored && numbers(version) < numbers(floor) {
                violations.push(format!(
                    "Cargo.lock: {name} {version} is below {floor} ({why})"
                ));
            }
        }
        for (refused, why) in REFUSED {
            if name == *refused {
                violations.push(format!("Cargo.lock: {name} is not let in ({why})"));
            }
        }
    }
    violations
}

/// The names and versions of all locked packages.
#[must_use]
pub fn packages(lock: &str) -> Vec<(&str, &str)> {
    let value = |line: &str, key: &str| -> Option<(usize, usize)> {
        let rest = line.strip_prefix(key)?.strip_prefix(" = \"")?;
        let start = line.len() - rest.len();
        Some((start, start + rest.find('"')?))
    };
    let mut found = Vec::new();
    let mut name = None;
    for line in lock.lines() {
        if let Some((start, end)) = value(line, "name") {
            name = Some(&line[start..end]);
        } else if let Some((start, end)) = value(line, "version")
            && let Some(name) = name.take()
        {
            found.push((name, &line[start..end]));
        }
    }
    found
}

/// The numbers of a version; a pre-release counts as below its release.
fn numbers(version: &str) -> (u64, u64, u64, bool) {
    let version = version.split('+').next().unwrap_or(version);
    let (numbers, is_release) = match version.split_once('-') {
        Some((numbers, _)) => (numbers, false),
        None => (version, true),
    };
    let mut parts = numbers.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next(), is_release)
}

#[cfg(test)]
mod tests {
    use super::{check, packages};

    fn lock(name: &str, version: &str) -> String {
        format!(
            "version = 4\n\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"x\"\n"
        )
    }

    #[test]
    fn a_version_below_its_floor_is_named_with_the_reason() {
        let found = check(&lock("h2", "0.4.19"));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].contains("0.4.20") && found[0].contains("RUSTSEC-2026-0258"),
            "{found:?}"
        );
        assert!(check(&lock("h2", "0.4.20")).is_empty());
        assert!(check(&lock("h2", "0.10.0")).is_empty());
    }

    #[test]
    fn a_prerelease_of_the_floor_is_below_it() {
        assert_eq!(check(&lock("prost", "0.14.0-rc.1")).len(), 1);
        assert!(check(&lock("prost", "0.14.0+build")).is_empty());
    }

    #[test]
    fn every_locked_version_counts() {
        let both = lock("h2", "0.4.20") + &lock("h2", "0.3.26");
        assert_eq!(check(&both).len(), 1);
    }

    #[test]
    fn unmaintained_crates_are_refused() {
        assert_eq!(check(&lock("backoff", "9.9.9")).len(), 1);
    }

    #[test]
    fn an_empty_or_unknown_lock_is_no_success() {
        assert_eq!(check("").len(), 1);
        assert_eq!(packages(&lock("a", "1.2.3")), [("a", "1.2.3")]);
    }
}
