//! A peer that writes frames by hand, to a server on an in-memory pipe.

use meshrpc::client::{Address, Connection, Connector};
use meshrpc::testing::{PipeConnector, pipe};
use meshrpc::{Limits, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Echo, echo_service};

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
pub const END_HEADERS: u8 = 0x4;
/// `:method: POST`, `:scheme: http`, `:path: /` by their static indexes.
pub const BLOCK: &[u8] = &[0x83, 0x86, 0x84];

/// A HEADERS frame.
pub fn headers(stream: u32, flags: u8, block: &[u8]) -> Vec<u8> {
    frame(1, flags, stream, block)
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![len[1], len[2], len[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// A server of [`Echo`] that is reached by hand.
pub fn serve(limits: Limits) -> PipeConnector {
    let (connector, listener) = pipe();
    let server = Server::builder()
        .limits(limits)
        .add_service(echo_service::EchoServiceServer::new(Echo));
    tokio::spawn(server.serve_listener(listener));
    connector
}

/// A connection by hand.
pub struct Raw(Connection);

impl Raw {
    pub async fn connect(to: &PipeConnector) -> Self {
        Self(to.connect(&Address::Named("raw".into())).await.unwrap())
    }

    pub async fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Writes, to a server that may have closed the connection.
    pub async fn try_write(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).await.is_ok()
    }

    /// All that the server sends until it closes the connection.
    pub async fn read_to_end(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        let _ = self.0.read_to_end(&mut all).await;
        all
    }

    /// Reads on until a frame of this kind.
    pub async fn wait_for(&mut self, kind: u8) -> Vec<u8> {
        loop {
            let mut head = [0; 9];
            self.0.read_exact(&mut head).await.unwrap();
            let len = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; len as usize];
            self.0.read_exact(&mut payload).await.unwrap();
            if head[3] == kind {
                return payload;
            }
        }
    }
}

/// The kinds of the frames in `bytes`.
pub fn kinds(mut bytes: &[u8]) -> Vec<u8> {
    let mut kinds = Vec::new();
    while let [a, b, c, kind, rest @ ..] = bytes {
        kinds.push(*kind);
        let len = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        bytes = rest.get(5 + len..).unwrap_or_default();
    }
    kinds
}
