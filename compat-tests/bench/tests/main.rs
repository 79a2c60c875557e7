//! The program as a user runs it. The figures of a debug build mean nothing;
//! that there is one for every row, of calls that succeeded, does.

use std::process::{Command, Output};

use serde_json::Value;

fn bench(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_meshrpc-bench"))
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn report(workload: &str) -> Value {
    let arguments = ["--json", "--samples", "1", "--window", "0.02", "--only"];
    let output = bench(&[&arguments[..], &[workload]].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8(output.stdout).expect("the report is text");
    let last = text.lines().last().expect("there is a report");
    serde_json::from_str(last).expect("the last line is JSON")
}

#[test]
fn every_implementation_has_a_row_of_its_own_with_every_figure() {
    for workload in ["unary-1x1", "stream-channel"] {
        let report = report(workload);
        let rows = report["rows"].as_array().expect("rows is a list");
        for implementation in ["tonic", "h2", "meshrpc"] {
            assert!(
                rows.iter()
                    .any(|row| row["implementation"] == implementation),
                "{workload} has no row of {implementation}: {report}"
            );
        }
        for row in rows {
            assert_eq!(row["workload"], workload);
            for figure in [
                "threads",
                "calls_per_s",
                "cpu_us_per_call",
                "allocations_per_call",
                "p50_us",
                "p99_us",
                "peak_memory_kib",
                "ratio_to_tonic",
            ] {
                let value = row[figure].as_f64();
                assert!(value.is_some_and(|value| value > 0.0), "{figure} in {row}");
            }
            if row["implementation"] == "tonic" {
                assert_eq!(row["ratio_to_tonic"], 1.0);
            }
        }
    }
}

#[test]
fn the_marks_of_a_workload_are_judged_on_meshrpc() {
    let report = report("unary-1x1");
    let marks = report["marks"].as_array().expect("marks is a list");
    assert_eq!(marks.len(), 1, "{report}");
    let rows = report["rows"].as_array().expect("rows is a list");
    let ours = rows.iter().find(|row| row["implementation"] == "meshrpc");
    let ours = ours.expect("meshrpc has a row")["ratio_to_tonic"].as_f64();
    let judged = marks[0]["measured"].as_f64();
    let (ours, judged) = ours.zip(judged).expect("both are numbers");
    assert!((ours - judged).abs() < 0.001, "{report}");
    assert_eq!(marks[0]["holds"], judged >= 1.4);
}

#[test]
fn a_wrong_option_ends_with_two_and_names_the_help() {
    let output = bench(&["--faster"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains("--faster") && errors.contains("--help"),
        "{errors}"
    );
}

#[test]
fn help_names_every_workload() {
    let output = bench(&["--help"]);
    assert!(output.status.success());
    let text = String::from_utf8_lossy(&output.stdout);
    for workload in [
        "unary-8x32",
        "unary-50x20",
        "unary-1x1",
        "unary-1mib",
        "stream-channel",
        "stream-iter",
    ] {
        assert!(text.contains(workload), "{workload} is not in:\n{text}");
    }
}
