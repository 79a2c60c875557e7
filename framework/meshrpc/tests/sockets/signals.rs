//! A process that is asked to end. It is one of its own: whoever listens to signals no longer
//! ends by them, and these tests should.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use meshrpc::{Channel, Server};
use tokio::net::TcpListener;

use crate::support::echo_service::{EchoServiceClient, EchoServiceServer};
use crate::support::{Echo, note};

/// Serves until it is asked to end.
#[tokio::test]
#[ignore = "the process that another test runs and ends"]
async fn served_until_a_signal() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder().add_service(EchoServiceServer::new(Echo));
    let signal = async {
        let signal = meshrpc::server::shutdown_signal();
        println!("\nserving at {address}");
        signal.await;
    };
    server
        .serve_listener_with_shutdown(listener, signal)
        .await
        .unwrap();
    println!("\nserved");
}

/// A child that does not outlive its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_asked_to_end_finishes_its_calls_first() {
    for signal in ["-TERM", "-INT"] {
        let mut child = Killed(
            Command::new(std::env::current_exe().unwrap())
                .args(["sockets::signals::served_until_a_signal", "--exact"])
                .args(["--ignored", "--nocapture"])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap(),
        );
        let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
        let address = lines
            .find_map(|line| line.unwrap().strip_prefix("serving at ").map(str::to_owned))
            .expect("the child serves");
        let channel = Channel::connect(format!("http://{address}")).await.unwrap();
        let (mut sender, reply) = EchoServiceClient::new(channel).chat().start();
        sender.send(note("before")).await.unwrap();
        let mut notes = reply.await.unwrap().into_inner();
        notes.message().await.unwrap().unwrap();

        // It has served a call, so it has listened to signals at least once.
        let pid = child.0.id().to_string();
        let kill = Command::new("kill").args([signal, &pid]).status();
        assert!(kill.unwrap().success());
        sender.send(note("during")).await.unwrap();
        notes.message().await.unwrap().unwrap();
        sender.finish().await.unwrap();
        assert!(notes.message().await.unwrap().is_none());
        assert!(lines.any(|line| line.unwrap() == "served"));
        assert!(child.0.wait().unwrap().success());
    }
}
