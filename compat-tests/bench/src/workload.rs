//! The loads, and which rows of the table each of them yields.

use std::{fmt, str::FromStr};

use crate::Error;

/// One kind of load. The names are those of the rows in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    Unary8x32,
    Unary50x20,
    Unary1x1,
    StreamChannel,
    StreamChannelDeep,
    StreamIterator,
    Unary1Mib,
}

/// What a caller does over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// One unary call with a payload of so many bytes.
    Echo { payload: usize },
    /// One server-streaming call of so many messages.
    Stream(StreamOf),
}

/// What is streamed, and where the server takes it from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StreamOf {
    pub(crate) source: Source,
    pub(crate) messages: u32,
    pub(crate) payload_bytes: u32,
}

/// Where a server takes the messages of a stream from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A bounded channel that another task fills.
    Channel { depth: u32 },
    /// An iterator that always has the next one.
    Iterator,
}

/// Which end of the call is the process under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The client; the server is the peer.
    Client,
    /// The server; the client is the peer.
    Server,
    /// Both ends are of the implementation, and both count.
    Both,
}

/// What `ratio_to_tonic` compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metric {
    /// CPU time of a call: less is better.
    CpuPerCall,
    /// Calls in a second: more is better.
    CallsPerSecond,
    /// Messages in a second of CPU time: more is better.
    CallsPerCpuSecond,
}

impl Workload {
    pub(crate) const ALL: [Self; 7] = [
        Self::Unary8x32,
        Self::Unary50x20,
        Self::Unary1x1,
        Self::StreamChannel,
        Self::StreamChannelDeep,
        Self::StreamIterator,
        Self::Unary1Mib,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unary8x32 => "unary-8x32",
            Self::Unary50x20 => "unary-50x20",
            Self::Unary1x1 => "unary-1x1",
            Self::StreamChannel => "stream-channel",
            Self::StreamChannelDeep => "stream-channel-deep",
            Self::StreamIterator => "stream-iter",
            Self::Unary1Mib => "unary-1mib",
        }
    }

    /// Connections, and callers on each.
    pub(crate) fn load(self) -> (usize, usize) {
        match self {
            Self::Unary8x32 => (8, 32),
            Self::Unary50x20 => (50, 20),
            Self::Unary1x1 | Self::Unary1Mib => (1, 1),
            Self::StreamChannel | Self::StreamChannelDeep | Self::StreamIterator => (4, 1),
        }
    }

    pub(crate) fn operation(self) -> Operation {
        match self {
            // 108 bytes and two of protobuf's own: 110 on the wire.
            Self::Unary8x32 | Self::Unary50x20 | Self::Unary1x1 => Operation::Echo { payload: 108 },
            Self::Unary1Mib => Operation::Echo { payload: 1 << 20 },
            Self::StreamChannel => {
                Operation::Stream(StreamOf::hundred_bytes(Source::Channel { depth: 4 }))
            }
            Self::StreamChannelDeep => {
                Operation::Stream(StreamOf::hundred_bytes(Source::Channel { depth: 128 }))
            }
            Self::StreamIterator => Operation::Stream(StreamOf::hundred_bytes(Source::Iterator)),
        }
    }

    /// The rows: which end is under test, on how many threads.
    pub(crate) fn rows(self) -> &'static [(Side, usize)] {
        match self {
            Self::Unary8x32 | Self::Unary50x20 | Self::StreamChannel => &[
                (Side::Client, 1),
                (Side::Client, 2),
                (Side::Server, 1),
                (Side::Server, 2),
            ],
            Self::StreamChannelDeep => &[(Side::Server, 1), (Side::Server, 2)],
            Self::StreamIterator => &[(Side::Client, 1), (Side::Server, 1), (Side::Server, 2)],
            Self::Unary1x1 => &[(Side::Both, 1)],
            Self::Unary1Mib => &[(Side::Both, 1), (Side::Client, 1), (Side::Server, 1)],
        }
    }

    pub(crate) fn metric(self, side: Side) -> Metric {
        match (self.operation(), side) {
            (Operation::Stream(_), _) => Metric::CallsPerCpuSecond,
            (_, Side::Both) => Metric::CallsPerSecond,
            _ => Metric::CpuPerCall,
        }
    }
}

impl StreamOf {
    /// 98 bytes and two of protobuf's own; long enough that opening the stream
    /// does not count, short enough that a window ends soon after its time.
    fn hundred_bytes(source: Source) -> Self {
        Self {
            source,
            messages: 10_000,
            payload_bytes: 98,
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Workload {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|workload| workload.name() == name)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                format!("no workload is called {name:?}: there are {names}").into()
            })
    }
}

impl Side {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Both => "both",
        }
    }
}

impl Metric {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CpuPerCall => "cpu_us_per_call",
            Self::CallsPerSecond => "calls_per_s",
            Self::CallsPerCpuSecond => "calls_per_cpu_s",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_is_found_by_its_name() {
        for workload in Workload::ALL {
            assert_eq!(workload.name().parse::<Workload>().unwrap(), workload);
        }
    }

    #[test]
    fn an_unknown_workload_names_those_there_are() {
        let error = "unary-9x9".parse::<Workload>().unwrap_err().to_string();
        assert!(error.contains("\"unary-9x9\""), "{error}");
        assert!(error.contains("unary-8x32"), "{error}");
    }
}
