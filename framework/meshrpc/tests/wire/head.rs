//! What goes into a request, byte by byte: header lists and framed messages.

use meshrpc::prost::Message;

pub const SAY: &str = "/mesh.test.v1.EchoService/Say";
pub const COUNT: &str = "/mesh.test.v1.EchoService/Count";
pub const COLLECT: &str = "/mesh.test.v1.EchoService/Collect";
pub const CHAT: &str = "/mesh.test.v1.EchoService/Chat";

/// A request's header list, in order, pseudo-headers included.
#[derive(Debug, Clone)]
pub struct Head(Vec<(Vec<u8>, Vec<u8>)>);

impl Head {
    /// What a well-behaved client sends.
    pub fn new(path: impl AsRef<[u8]>) -> Self {
        Self::bare()
            .with(":method", "POST")
            .with(":scheme", "http")
            .with(":authority", "localhost")
            .with(":path", path)
            .with("te", "trailers")
            .with("content-type", "application/grpc")
    }

    /// Nothing at all.
    pub fn bare() -> Self {
        Self(Vec::new())
    }

    /// One header more, behind the others.
    pub fn with(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.0
            .push((name.as_ref().to_vec(), value.as_ref().to_vec()));
        self
    }

    /// Another value for a header that is there, in its place.
    pub fn set(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let at = self.position(name);
        self.0[at].1 = value.as_ref().to_vec();
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(self.position(name));
        self
    }

    fn position(&self, name: &str) -> usize {
        let mut names = self.0.iter().map(|(name, _)| name);
        names.position(|have| have == name.as_bytes()).unwrap()
    }

    /// Literals without indexing and without Huffman's code (RFC 7541, 6.2.2).
    pub fn block(&self) -> Vec<u8> {
        let mut block = Vec::new();
        for (name, value) in &self.0 {
            block.push(0);
            for text in [name, value] {
                integer(text.len(), &mut block);
                block.extend_from_slice(text);
            }
        }
        block
    }
}

fn integer(mut value: usize, block: &mut Vec<u8>) {
    if value < 127 {
        return block.push(value as u8);
    }
    block.push(127);
    value -= 127;
    while value >= 128 {
        block.push(value as u8 | 128);
        value >>= 7;
    }
    block.push(value as u8);
}

/// A message in its envelope.
pub fn framed(message: &[u8]) -> Vec<u8> {
    flagged(0, message)
}

/// A message in an envelope with this flag byte.
pub fn flagged(flag: u8, message: &[u8]) -> Vec<u8> {
    let mut framed = vec![flag];
    framed.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    framed.extend_from_slice(message);
    framed
}

/// A note with this text in its envelope.
pub fn framed_note(text: &str) -> Vec<u8> {
    framed(&prost_note(text))
}

/// An encoded note with this text.
pub fn prost_note(text: &str) -> Vec<u8> {
    Message::encode_to_vec(&crate::support::note(text))
}

/// [`framed_note`] of `"x"`, and an echo of it.
pub const X: &[u8] = &[0, 0, 0, 0, 3, 10, 1, b'x'];
