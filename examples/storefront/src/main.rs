//! The storefront: a first running system.
//!
//! `storefront` starts the catalog, the inventory and the orders as processes of their own on
//! loopback, drives them with a mix of calls through generated clients, prints a summary and
//! ends. The services are the same program, started as `storefront serve …`.

mod args;
mod fleet;
mod load;
mod report;
mod services;

/// The code generated from the contracts below `proto/storefront`.
#[allow(missing_docs, unreachable_pub, reason = "generated")]
mod contracts {
    meshrpc::include_contracts!();
}

use std::process::ExitCode;
use std::time::{Duration, Instant};

use args::{Command, Run};
use fleet::Fleet;
use load::Clients;
use report::Reporter;

/// Whatever ends the program early.
type Error = Box<dyn std::error::Error + Send + Sync>;

/// How a shell names an end by Ctrl-C.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    let command = match args::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(message) => {
            eprintln!("storefront: {message}\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    let result = match command {
        Command::Help => {
            println!("{}", args::USAGE);
            Ok(ExitCode::SUCCESS)
        }
        Command::Serve(serve) => services::serve(serve).await.map(|()| ExitCode::SUCCESS),
        Command::Run(run) => drive(run).await,
    };
    result.unwrap_or_else(|error| {
        eprintln!("storefront: {}", report::with_causes(&*error));
        ExitCode::FAILURE
    })
}

/// Starts the services, drives them, reports, and stops them again.
async fn drive(run: Run) -> Result<ExitCode, Error> {
    let reporter = Reporter::new(run.json);
    let mut interrupted = Box::pin(interrupted()?);

    let mut fleet = Fleet::start(run.port).await?;
    for service in fleet.services() {
        reporter.say(&format!(
            "{:<9}  pid {:<7}  http://{}",
            service.name, service.pid, service.address
        ));
    }
    let clients = Clients::connect(&fleet).await?;

    let started = Instant::now();
    let load = load::start(clients, run.callers, run.duration);
    let mut second = tokio::time::interval(Duration::from_secs(1));
    second.tick().await;
    let mut was_interrupted = false;
    let mut finished = Box::pin(load.finished());
    let outcome = loop {
        tokio::select! {
            outcome = &mut finished => break outcome,
            _ = second.tick() => reporter.progress(started.elapsed(), &load.progress()),
            Some(exit) = fleet.next_exit() => reporter.say(&exit),
            () = &mut interrupted, if !was_interrupted => {
                was_interrupted = true;
                load.stop();
            }
        }
    };
    let all_lived = fleet.all_alive();
    reporter.summary(&outcome, started.elapsed(), run.callers);

    if run.keep && !was_interrupted {
        reporter.say(&report::how_to_look_around(fleet.services()));
        loop {
            tokio::select! {
                () = &mut interrupted => break,
                Some(exit) = fleet.next_exit() => reporter.say(&exit),
            }
        }
    }
    fleet.stop().await;
    Ok(if was_interrupted {
        ExitCode::from(INTERRUPTED)
    } else if outcome.failed() > 0 || !all_lived {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Ready when somebody wants the program to end: Ctrl-C, or a supervisor's SIGTERM.
#[cfg(unix)]
fn interrupted() -> Result<impl Future<Output = ()>, Error> {
    use tokio::signal::unix::{SignalKind, signal};
    // Registered at once, so that an early signal is not lost.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ready when somebody wants the program to end.
#[cfg(not(unix))]
fn interrupted() -> Result<impl Future<Output = ()>, Error> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}
