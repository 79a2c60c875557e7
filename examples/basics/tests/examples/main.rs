//! Each example runs to its end and prints what it should.

use std::process::Command;

fn lines_of(program: &str) -> Vec<String> {
    let output = Command::new(program).output().expect("the example starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}\n{said}", output.status);
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    printed.lines().map(str::to_owned).collect()
}

#[test]
fn hello_is_greeted_and_refused() {
    assert_eq!(
        lines_of(env!("CARGO_BIN_EXE_hello")),
        ["Hello, world!", "refused: name: must not be empty"]
    );
}

#[test]
fn streaming_streams_in_all_directions() {
    assert_eq!(
        lines_of(env!("CARGO_BIN_EXE_streaming")),
        [
            "Hello for the 1. time, Ada!",
            "Hello for the 2. time, Ada!",
            "Hello for the 3. time, Ada!",
            "Hello, Ada and Grace!",
            "Hello, Edsger!",
            "Hello, Barbara!",
            "greeted: 2",
            "Hello for the 1. time, Alan! (and no more of that)",
        ]
    );
}

#[test]
fn errors_have_codes_texts_and_details() {
    assert_eq!(
        lines_of(env!("CARGO_BIN_EXE_errors")),
        [
            "InvalidArgument: name: must not be empty",
            "  name must not be empty",
            "waited long enough",
            "nobody is listening",
            "nobody is there",
        ]
    );
}

#[test]
fn interceptors_refuse_allow_and_log() {
    assert_eq!(
        lines_of(env!("CARGO_BIN_EXE_interceptor")),
        [
            "greeter.v1.GreeterService/Greet: Unauthenticated",
            "authorization: no known token",
            "greeter.v1.GreeterService/Greet: ok",
            "Hello, friend!",
            "Hello for the 1. time, friend!",
            "Hello for the 2. time, friend!",
            "greeter.v1.GreeterService/GreetRepeatedly: ok",
        ]
    );
}

#[test]
fn a_mock_needs_no_socket() {
    assert_eq!(
        lines_of(env!("CARGO_BIN_EXE_mock")),
        ["Good day.", "Nobody greets today (Unavailable)."]
    );
}

#[test]
fn tls_lets_friends_in_and_nobody_else() {
    assert_eq!(
        lines_of(env!("CARGO_BIN_EXE_tls")),
        [
            "the client showed 1 certificate(s)",
            "a friend: Hello, friend!",
            "a stranger: turned away",
            "one who trusts somebody else: turned away",
        ]
    );
}
