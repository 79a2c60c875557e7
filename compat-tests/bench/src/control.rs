//! What the measuring process and the two processes of a sample say to each
//! other: lines of words over the child's standard input and output.

use std::{fmt, str::FromStr, time::Duration};

use crate::{Error, allocations, load::Ran, system};

/// The hidden first argument that makes this program one end of a sample.
pub(crate) const CHILD: &str = "child";

/// To a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Answer with a [`Usage`].
    Usage,
    /// Count allocations, or stop counting.
    Count(bool),
    /// Drive the load for so long and answer with a [`Ran`]. Clients only.
    Run(Duration),
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage => write!(f, "usage"),
            Self::Count(true) => write!(f, "count on"),
            Self::Count(false) => write!(f, "count off"),
            Self::Run(window) => write!(f, "run {}", window.as_micros()),
        }
    }
}

impl FromStr for Command {
    type Err = Error;

    fn from_str(line: &str) -> Result<Self, Error> {
        Ok(match line.split_once(' ').unwrap_or((line, "")) {
            ("usage", "") => Self::Usage,
            ("count", "on") => Self::Count(true),
            ("count", "off") => Self::Count(false),
            ("run", micros) => Self::Run(Duration::from_micros(micros.parse()?)),
            _ => return Err(format!("no command is {line:?}").into()),
        })
    }
}

/// What a process has used since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) user: Duration,
    pub(crate) system: Duration,
    pub(crate) peak_memory_kib: u64,
    pub(crate) allocations: u64,
    pub(crate) allocated_bytes: u64,
}

impl Usage {
    /// This process's, now.
    pub(crate) fn now() -> Result<Self, Error> {
        let (user, system) = system::cpu_time()?;
        let (allocations, allocated_bytes) = allocations::counted();
        Ok(Self {
            user,
            system,
            peak_memory_kib: system::peak_memory_kib()?,
            allocations,
            allocated_bytes,
        })
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (user, system) = (self.user.as_micros(), self.system.as_micros());
        let (peak, count, bytes) = (self.peak_memory_kib, self.allocations, self.allocated_bytes);
        write!(f, "{user} {system} {peak} {count} {bytes}")
    }
}

impl FromStr for Usage {
    type Err = Error;

    fn from_str(line: &str) -> Result<Self, Error> {
        let [user, system, peak_memory_kib, allocations, allocated_bytes] = numbers(line)?;
        Ok(Self {
            user: Duration::from_micros(user),
            system: Duration::from_micros(system),
            peak_memory_kib,
            allocations,
            allocated_bytes,
        })
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (elapsed, p50, p99) = (
            self.elapsed.as_nanos(),
            self.p50.as_nanos(),
            self.p99.as_nanos(),
        );
        write!(f, "{} {elapsed} {p50} {p99}", self.calls)
    }
}

impl FromStr for Ran {
    type Err = Error;

    fn from_str(line: &str) -> Result<Self, Error> {
        let [calls, elapsed, p50, p99] = numbers(line)?;
        Ok(Self {
            calls,
            elapsed: Duration::from_nanos(elapsed),
            p50: Duration::from_nanos(p50),
            p99: Duration::from_nanos(p99),
        })
    }
}

fn numbers<const N: usize>(line: &str) -> Result<[u64; N], Error> {
    let numbers: Result<Vec<u64>, _> = line.split(' ').map(str::parse).collect();
    let numbers = numbers.map_err(|error| format!("{line:?} is no row of numbers: {error}"))?;
    numbers
        .try_into()
        .map_err(|_| format!("{line:?} has not {N} numbers").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for command in [
            Command::Usage,
            Command::Count(true),
            Command::Count(false),
            Command::Run(Duration::from_millis(250)),
        ] {
            assert_eq!(command.to_string().parse::<Command>().unwrap(), command);
        }
        let usage = Usage {
            user: Duration::from_micros(1),
            system: Duration::from_micros(2),
            peak_memory_kib: 3,
            allocations: 4,
            allocated_bytes: 5,
        };
        assert_eq!(usage.to_string().parse::<Usage>().unwrap(), usage);
        let ran = Ran {
            calls: 1,
            elapsed: Duration::from_nanos(2),
            p50: Duration::from_nanos(3),
            p99: Duration::from_nanos(4),
        };
        assert_eq!(ran.to_string().parse::<Ran>().unwrap(), ran);
    }

    #[test]
    fn a_broken_line_is_quoted_in_the_error() {
        let error = "1 2 x".parse::<Ran>().unwrap_err().to_string();
        assert!(error.contains("\"1 2 x\""), "{error}");
    }
}
