//! One end of a sample, a process of its own so that what the operating system
//! counts for it is that end's alone. It ends when its standard input does, so
//! none outlives the measuring process.

use std::{io, net::SocketAddr, process, time::Duration};

use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    sync::mpsc,
};

use crate::{
    Error, allocations,
    control::{Command, Usage},
    implementations::{H2, Implementation, Meshrpc, Name, Tonic},
    load::Load,
    system,
    workload::Workload,
};

/// What this end is, as the measuring process wrote it into the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) implementation: Name,
    /// 1: a current-thread runtime; more: that many workers.
    pub(crate) threads: usize,
    pub(crate) core: Option<usize>,
    pub(crate) end: End,
}

/// Which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Server,
    Client {
        workload: Workload,
        address: SocketAddr,
    },
}

impl Role {
    /// The arguments that [`Role::from_arguments`] reads.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let core = self
            .core
            .map_or_else(|| "-".to_owned(), |core| core.to_string());
        let mut arguments = vec![
            self.implementation.name().to_owned(),
            self.threads.to_string(),
            core,
        ];
        if let End::Client { workload, address } = self.end {
            arguments.extend([workload.name().to_owned(), address.to_string()]);
        }
        arguments
    }

    pub(crate) fn from_arguments(arguments: &[String]) -> Result<Self, Error> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (implementation, threads, core, end) = match *arguments.as_slice() {
            [implementation, threads, core] => (implementation, threads, core, End::Server),
            [implementation, threads, core, workload, address] => {
                let (workload, address) = (workload.parse()?, address.parse()?);
                let end = End::Client { workload, address };
                (implementation, threads, core, end)
            }
            _ => return Err("`child` is for the program's own use; see --help".into()),
        };
        Ok(Self {
            implementation: implementation.parse()?,
            threads: threads.parse()?,
            core: if core == "-" {
                None
            } else {
                Some(core.parse()?)
            },
            end,
        })
    }

    /// Is that end until standard input ends.
    pub(crate) fn play(self) -> Result<(), Error> {
        if let Some(core) = self.core {
            system::pin_to(core)?;
        }
        match self.implementation {
            Name::Tonic => self.play_as::<Tonic>(),
            Name::Meshrpc => self.play_as::<Meshrpc>(),
            Name::H2 => self.play_as::<H2>(),
        }
    }

    fn play_as<I: Implementation>(self) -> Result<(), Error> {
        let runtime = self.runtime()?;
        let (runs, requested) = mpsc::unbounded_channel();
        match self.end {
            End::Server => {
                let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
                println!("{}", listener.local_addr()?);
                obey(runs);
                let server = runtime.spawn(I::serve(listener));
                runtime.block_on(server)?
            }
            End::Client { workload, address } => {
                let client = client::<I>(workload, address, requested);
                let client = runtime.spawn(client);
                obey(runs);
                runtime.block_on(client)?
            }
        }
    }

    fn runtime(&self) -> Result<Runtime, Error> {
        Ok(match self.threads {
            1 => Builder::new_current_thread().enable_all().build()?,
            workers => Builder::new_multi_thread()
                .worker_threads(workers)
                .enable_all()
                .build()?,
        })
    }
}

async fn client<I: Implementation>(
    workload: Workload,
    address: SocketAddr,
    mut requested: mpsc::UnboundedReceiver<Duration>,
) -> Result<(), Error> {
    let mut load = Load::connect::<I>(workload, address).await?;
    println!("ready");
    while let Some(window) = requested.recv().await {
        println!("{}", load.run(window).await?);
    }
    Ok(())
}

/// Follows the commands in a thread that sleeps while a window is measured.
fn obey(runs: mpsc::UnboundedSender<Duration>) {
    std::thread::spawn(move || {
        let result: Result<(), Error> = io::stdin().lines().try_for_each(|line| {
            match line?.parse()? {
                Command::Usage => println!("{}", Usage::now()?),
                Command::Count(on) => {
                    allocations::count(on);
                    println!("ok");
                }
                Command::Run(window) => runs.send(window)?,
            }
            Ok(())
        });
        if let Err(error) = result {
            eprintln!("meshrpc-bench: a child could not do as it was told: {error}");
            process::exit(1);
        }
        process::exit(0);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_survives_the_command_line() {
        let server = Role {
            implementation: Name::Tonic,
            threads: 2,
            core: None,
            end: End::Server,
        };
        let client = Role {
            implementation: Name::H2,
            threads: 1,
            core: Some(1),
            end: End::Client {
                workload: Workload::Unary1x1,
                address: SocketAddr::from(([127, 0, 0, 1], 4242)),
            },
        };
        for role in [server, client] {
            assert_eq!(Role::from_arguments(&role.arguments()).unwrap(), role);
        }
    }
}
