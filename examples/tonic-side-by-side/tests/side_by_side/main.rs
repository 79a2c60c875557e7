//! Each client gets the same from each server.

use std::process::Command;

#[test]
fn each_framework_calls_the_other_and_itself() {
    let output = Command::new(env!("CARGO_BIN_EXE_tonic-side-by-side")).output();
    let output = output.expect("the example starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let greetings = "Hello, Ada! Hello for the 1. time, Ada! Hello for the 2. time, Ada!";
    let mut expected = Vec::new();
    for server in ["meshrpc", "tonic"] {
        for client in ["meshrpc", "tonic"] {
            expected.push(format!("{client} calls {server}: {greetings}"));
        }
    }
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
}
