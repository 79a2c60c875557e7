//! Names that only one place of the runtime may speak.
//!
//! The sockets and HTTP engines belong to `transport`, so that they can be replaced there; time,
//! randomness and tasks belong to `rt.rs`, so that a test can pause, repeat and count them.
//! Clippy's configuration bans the same calls with types resolved; this rule also sees what
//! clippy can't: whole crates, code of another feature set or platform, and macro bodies.

use crate::layers::{SourceFile, is_test_file};
use crate::paths::named_paths;

struct Ban {
    path: &'static str,
    only_in: &'static str,
    instead: &'static str,
}

const TRANSPORT: &str = "transport/";
const RT: &str = "base/rt.rs";
const ENGINE: &str = "only `transport` knows the HTTP engine, so that it can be replaced";
const SOCKET: &str = "only `transport` opens sockets, so that everything else runs over a pipe";
const CLOCK: &str = "take time from `rt`, so that a test can pause it";
const CHANCE: &str = "take an `rt::Rng`, so that a run can be repeated";
const TASKS: &str = "spawn through `rt`, so that a leak is found in one place";

const BANS: &[Ban] = &[
    ban("h2", TRANSPORT, ENGINE),
    ban("hyper", TRANSPORT, ENGINE),
    ban("hyper_util", TRANSPORT, ENGINE),
    ban(
        "rustls",
        TRANSPORT,
        "only `transport` speaks TLS; elsewhere name our own types",
    ),
    ban(
        "tokio_rustls",
        TRANSPORT,
        "only `transport` speaks TLS; elsewhere name our own types",
    ),
    ban("tokio::net", TRANSPORT, SOCKET),
    ban("socket2", TRANSPORT, SOCKET),
    ban("std::net::TcpStream", TRANSPORT, SOCKET),
    ban("std::net::TcpListener", TRANSPORT, SOCKET),
    ban("tokio::time::Instant", RT, CLOCK),
    ban("tokio::time::sleep", RT, CLOCK),
    ban("tokio::time::sleep_until", RT, CLOCK),
    ban("tokio::time::timeout", RT, CLOCK),
    ban("tokio::time::timeout_at", RT, CLOCK),
    ban("tokio::time::interval", RT, CLOCK),
    ban("tokio::time::interval_at", RT, CLOCK),
    ban("std::time::Instant", RT, CLOCK),
    ban("std::thread::sleep", RT, CLOCK),
    ban("rand", RT, CHANCE),
    ban("fastrand", RT, CHANCE),
    ban("getrandom", RT, CHANCE),
    ban("tokio::spawn", RT, TASKS),
    ban("tokio::task::spawn", RT, TASKS),
    ban("tokio::task::spawn_local", RT, TASKS),
    ban("tokio::task::spawn_blocking", RT, TASKS),
    ban("std::thread::spawn", RT, TASKS),
];

/// Modules that must not be imported by their bare name: a later `time::sleep` would be unseen.
const NAME_IN_FULL: &[&str] = &[
    "tokio",
    "tokio::time",
    "tokio::task",
    "std::time",
    "std::thread",
];

/// Methods that are a door wherever their type came from.
const METHODS: &[(&str, &str)] = &[("Instant", "now"), ("SystemTime", "now")];

const fn ban(path: &'static str, only_in: &'static str, instead: &'static str) -> Ban {
    Ban {
        path,
        only_in,
        instead,
    }
}

/// The violations among the runtime's source files.
#[must_use]
pub fn check(files: &[SourceFile]) -> Vec<String> {
    let mut violations = Vec::new();
    for file in files.iter().filter(|file| !is_test_file(&file.path)) {
        let paths = match named_paths(&file.text) {
            Ok(paths) => paths,
            Err(error) => {
                violations.push(format!("{}: not readable as Rust: {error}", file.path));
                continue;
            }
        };
        for path in paths {
            let mut report = |instead: &str| {
                violations.push(format!(
                    "{}:{}: `{}`: {instead}",
                    file.path,
                    path.line,
                    path.text()
                ));
            };
            // A lone word may be anything: a field, a variable, a module of ours.
            if path.segments.len() < 2 {
                continue;
            }
            for ban in BANS {
                if path.starts_with(ban.path) && !file.path.starts_with(ban.only_in) {
                    report(ban.instead);
                }
            }
            if file.path == RT {
                continue;
            }
            let glob = path.segments.last().is_some_and(|last| last == "*");
            let module = path.segments[..path.segments.len() - usize::from(glob)].join("::");
            if NAME_IN_FULL.contains(&module.as_str()) {
                report("import what you need by name, so that this rule can see it");
            }
            if let [.., of, method] = &path.segments[..]
                && METHODS.iter().any(|(t, m)| of == t && method == m)
            {
                report(CLOCK);
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::{SourceFile, check};

    fn violations(path: &str, text: &str) -> Vec<String> {
        check(&[SourceFile {
            path: path.to_owned(),
            text: text.to_owned(),
        }])
    }

    #[test]
    fn only_transport_names_sockets_and_engines() {
        for name in [
            "h2::client",
            "hyper::body",
            "rustls::pki_types",
            "tokio::net::TcpStream",
        ] {
            let text = format!("use {name};");
            assert!(
                violations("transport/http2/client.rs", &text).is_empty(),
                "{name}"
            );
            assert_eq!(violations("client/channel.rs", &text).len(), 1, "{name}");
        }
    }

    #[test]
    fn only_rt_names_clocks_chance_and_tasks() {
        for text in [
            "fn f() { tokio::spawn(async {}); }",
            "use tokio::time::Instant;",
            "fn f() { Instant::now(); }",
            "fn f() { rt::Instant::now(); }",
            "fn f() { std::time::SystemTime::now(); }",
            "use fastrand::Rng;",
            "fn f() { rand::rng(); }",
            "fn f() { std::thread::sleep(d); }",
        ] {
            assert!(violations("base/rt.rs", text).is_empty(), "{text}");
            assert!(!violations("client/backoff.rs", text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_bare_module_import_is_no_way_around() {
        assert_eq!(violations("client/backoff.rs", "use tokio::time;").len(), 1);
        assert_eq!(
            violations("client/backoff.rs", "use tokio::{self};").len(),
            0
        );
        assert_eq!(
            violations("client/backoff.rs", "use tokio::time::*;").len(),
            1
        );
    }

    #[test]
    fn types_and_tests_are_free() {
        assert!(
            violations(
                "server/mod.rs",
                "use tokio::time::Sleep; use std::time::Duration;"
            )
            .is_empty()
        );
        assert!(
            violations(
                "server/mod.rs",
                "#[cfg(test)] mod tests { use tokio::net::TcpStream; }"
            )
            .is_empty()
        );
    }
}
