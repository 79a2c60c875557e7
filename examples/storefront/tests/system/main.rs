//! The storefront as a whole: its processes, its numbers, and how it ends.
//!
//! Every process that a run starts inherits the run's standard error. So when that pipe is read
//! to its end, none of them is left: no process table has to be searched, and nothing is slept
//! for.

#![cfg(unix)]

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

/// Far more than any of it takes; only a hanging test gets here.
const HANGS: Duration = Duration::from_secs(60);

/// A storefront under test.
struct Run {
    child: Child,
    stdout: ChildStdout,
    stderr: Lines<BufReader<ChildStderr>>,
}

/// What a run left behind.
struct Ended {
    status: ExitStatus,
    stdout: String,
    stderr: Vec<String>,
}

impl Run {
    fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_storefront"))
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the storefront starts");
        let stdout = child.stdout.take().expect("piped");
        let stderr = BufReader::new(child.stderr.take().expect("piped")).lines();
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// Reads what people read until a line has `wanted` in it, and returns that line.
    async fn line_with(&mut self, wanted: &str) -> String {
        let found = tokio::time::timeout(HANGS, async {
            while let Some(line) = self.stderr.next_line().await.expect("UTF-8") {
                if line.contains(wanted) {
                    return line;
                }
            }
            panic!("ended without {wanted:?}")
        });
        found
            .await
            .unwrap_or_else(|_| panic!("no line with {wanted:?}"))
    }

    /// Waits until the run and every process that it started is gone.
    async fn ended(mut self) -> Ended {
        let all_gone = async {
            let mut stdout = String::new();
            let mut stderr = Vec::new();
            let human = async {
                while let Some(line) = self.stderr.next_line().await.expect("UTF-8") {
                    stderr.push(line);
                }
            };
            let (read, ()) = tokio::join!(self.stdout.read_to_string(&mut stdout), human);
            read.expect("UTF-8");
            let status = self.child.wait().await.expect("it was started");
            Ended {
                status,
                stdout,
                stderr,
            }
        };
        tokio::time::timeout(HANGS, all_gone)
            .await
            .expect("a process is left")
    }
}

impl Ended {
    fn summary(&self) -> Value {
        let last = self.stdout.lines().last().expect("something was printed");
        serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {last}"))
    }
}

fn pid_in(line: &str) -> u32 {
    let mut words = line.split_whitespace().skip_while(|word| *word != "pid");
    words
        .nth(1)
        .and_then(|pid| pid.parse().ok())
        .unwrap_or_else(|| panic!("no pid in {line:?}"))
}

async fn signal(name: &str, pid: u32) {
    let status = Command::new("kill")
        .args([name, &pid.to_string()])
        .status()
        .await;
    assert!(
        status.expect("kill is there").success(),
        "kill {name} {pid}"
    );
}

#[tokio::test]
async fn a_run_makes_all_kinds_of_calls_in_several_processes_and_none_fails() {
    let mut run = Run::start(&["--for", "1s", "--json"]);
    let mut pids = vec![run.child.id().expect("it runs")];
    for name in ["catalog", "inventory", "orders"] {
        pids.push(pid_in(&run.line_with(name).await));
    }
    pids.sort_unstable();
    pids.dedup();
    assert_eq!(pids.len(), 4);

    let ended = run.ended().await;
    let summary = ended.summary();
    assert_eq!(summary["failed"], 0, "{summary:#}");
    assert!(
        ended.status.success(),
        "{:?}\n{}",
        ended.status,
        ended.stderr.join("\n")
    );
    assert!(summary["calls"].as_u64() > Some(100), "{summary:#}");
    assert!(summary["p50_ms"].as_f64() > Some(0.0), "{summary:#}");
    assert!(
        summary["p99_ms"].as_f64() >= summary["p50_ms"].as_f64(),
        "{summary:#}"
    );

    let methods = summary["methods"].as_object().expect("an object");
    for kind in [
        "unary",
        "server_streaming",
        "client_streaming",
        "bidi_streaming",
    ] {
        assert!(
            methods.values().any(|method| method["kind"] == kind),
            "{kind}: {methods:#?}"
        );
    }
    for version in ["v1", "v2"] {
        let name = format!("storefront.catalog.{version}.CatalogService/GetItem");
        assert!(
            methods[&name]["calls"].as_u64() > Some(0),
            "{name}: {methods:#?}"
        );
    }
}

#[tokio::test]
async fn killing_one_service_in_the_middle_makes_calls_fail_and_the_run_go_on() {
    let mut run = Run::start(&["--for", "3s", "--json"]);
    let inventory = pid_in(&run.line_with("inventory").await);
    run.line_with("1 s ").await;
    signal("-KILL", inventory).await;
    run.line_with("inventory (pid").await;

    let ended = run.ended().await;
    let summary = ended.summary();
    assert!(summary["failed"].as_u64() > Some(0), "{summary:#}");
    assert_eq!(ended.status.code(), Some(1));
    let methods = &summary["methods"];
    assert_eq!(
        methods["storefront.catalog.v2.CatalogService/GetItem"]["failed"], 0,
        "{summary:#}"
    );
    let codes: Vec<&Value> = summary["failures"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|failure| &failure["code"])
        .collect();
    assert!(
        codes.iter().all(|code| *code == "Unavailable"),
        "{summary:#}"
    );
}

#[tokio::test]
async fn ctrl_c_in_the_middle_ends_everything() {
    let mut run = Run::start(&["--for", "60s", "--json"]);
    run.line_with("1 s ").await;
    signal("-INT", run.child.id().expect("it runs")).await;
    let ended = run.ended().await;
    assert_eq!(
        ended.status.code(),
        Some(130),
        "{}",
        ended.stderr.join("\n")
    );
    assert_eq!(ended.summary()["failed"], 0);
}

#[tokio::test]
async fn ctrl_c_ends_services_that_were_kept() {
    let mut run = Run::start(&["--for", "100ms", "--json", "--keep"]);
    run.line_with("keep running").await;
    signal("-INT", run.child.id().expect("it runs")).await;
    let ended = run.ended().await;
    assert!(ended.status.success(), "{}", ended.stderr.join("\n"));
}

#[tokio::test]
async fn services_do_not_outlive_a_storefront_that_was_killed() {
    let mut run = Run::start(&["--for", "60s", "--json"]);
    run.line_with("1 s ").await;
    signal("-KILL", run.child.id().expect("it runs")).await;
    assert!(!run.ended().await.status.success());
}

#[tokio::test]
async fn a_port_in_use_is_named_and_nothing_is_left_behind() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let ended = Run::start(&["--port", &port]).ended().await;
    let said = ended.stderr.join("\n");
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(
        said.contains(&format!("127.0.0.1:{port}")) && said.contains("in use"),
        "{said}"
    );
}

#[tokio::test]
async fn a_mistyped_argument_is_named() {
    let ended = Run::start(&["--jsn"]).ended().await;
    assert_eq!(ended.status.code(), Some(2));
    assert!(ended.stderr[0].contains("--jsn"), "{:?}", ended.stderr);
}
