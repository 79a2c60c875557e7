//! Follows HTTP/2 frames through a byte stream, looking at their 9-byte heads only.

/// The client's connection preface.
const PREFACE: usize = 24;
const HEAD: usize = 9;

const HEADERS: u8 = 0x1;
const PUSH_PROMISE: u8 = 0x5;
const CONTINUATION: u8 = 0x9;
const END_HEADERS: u8 = 0x4;

/// What has been seen of a client's bytes.
#[derive(Debug)]
pub(super) struct Scanner {
    /// Bytes to pass over: the rest of the preface or of a frame's payload.
    skip: usize,
    /// The head under way.
    head: [u8; HEAD],
    have: usize,
    /// Frames whose head was seen.
    frames: u64,
    /// Header blocks that began.
    blocks: u64,
    block_open: bool,
    /// The frame that is passed over is the last one of its header block.
    ends_block: bool,
}

impl Scanner {
    /// At the start of a client's bytes.
    pub(super) fn client() -> Self {
        Self {
            skip: PREFACE,
            head: [0; HEAD],
            have: 0,
            frames: 0,
            blocks: 0,
            block_open: false,
            ends_block: false,
        }
    }

    /// Whether the preface and the first frame's head were seen.
    pub(super) fn greeted(&self) -> bool {
        self.frames > 0
    }

    /// The number of the header block that is under way, if one is.
    pub(super) fn open_block(&self) -> Option<u64> {
        self.block_open.then_some(self.blocks)
    }

    /// Passes over `bytes`.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        loop {
            if self.skip > bytes.len() {
                self.skip -= bytes.len();
                return;
            }
            bytes = &bytes[self.skip..];
            self.skip = 0;
            if self.ends_block {
                self.block_open = false;
                self.ends_block = false;
            }
            let Some(head) = self.take_head(&mut bytes) else {
                return;
            };
            self.frames += 1;
            self.skip = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            if let HEADERS | PUSH_PROMISE | CONTINUATION = head[3] {
                if !self.block_open {
                    self.blocks += 1;
                }
                self.block_open = true;
                self.ends_block = head[4] & END_HEADERS != 0;
            }
        }
    }

    fn take_head(&mut self, bytes: &mut &[u8]) -> Option<[u8; HEAD]> {
        if self.have == 0
            && let Some((head, rest)) = bytes.split_first_chunk::<HEAD>()
        {
            *bytes = rest;
            return Some(*head);
        }
        let n = bytes.len().min(HEAD - self.have);
        self.head[self.have..self.have + n].copy_from_slice(&bytes[..n]);
        self.have += n;
        *bytes = &bytes[n..];
        if self.have < HEAD {
            return None;
        }
        self.have = 0;
        Some(self.head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = vec![len[1], len[2], len[3], kind, flags, 0, 0, 0, 1];
        frame.extend_from_slice(payload);
        frame
    }

    /// SETTINGS, a whole HEADERS, DATA, a block of three frames, PING.
    fn conversation() -> Vec<u8> {
        [
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            frame(4, 0, &[0; 12]),
            frame(HEADERS, END_HEADERS, b"block"),
            frame(0, 1, &[7; 300]),
            frame(HEADERS, 0, b"some"),
            frame(CONTINUATION, 0, b""),
            frame(CONTINUATION, END_HEADERS, b""),
            frame(6, 0, &[1; 8]),
        ]
        .concat()
    }

    #[test]
    fn however_the_bytes_arrive_the_same_frames_are_seen() {
        let bytes = conversation();
        for portion in 1..bytes.len() {
            let mut scanner = Scanner::client();
            for bytes in bytes.chunks(portion) {
                scanner.feed(bytes);
            }
            assert_eq!(
                (scanner.frames, scanner.blocks),
                (7, 2),
                "portions of {portion}"
            );
            assert_eq!(scanner.open_block(), None, "portions of {portion}");
        }
    }

    #[test]
    fn a_block_is_open_from_its_first_head_to_its_last_byte() {
        let mut scanner = Scanner::client();
        let open: Vec<bool> = conversation()
            .iter()
            .map(|byte| {
                scanner.feed(&[*byte]);
                scanner.open_block().is_some()
            })
            .collect();
        let whole = 24 + 21 + 9 - 1;
        assert_eq!(open[..whole], vec![false; whole]);
        assert_eq!(
            open[whole..whole + 6],
            [true, true, true, true, true, false]
        );
        let split = 24 + 21 + 14 + 309 + 9 - 1;
        assert_eq!(open[whole + 6..split], vec![false; split - whole - 6]);
        assert_eq!(open[split..split + 22], vec![true; 22]);
        assert_eq!(open[split + 22..], vec![false; open.len() - split - 22]);
    }

    #[test]
    fn a_greeting_is_the_preface_and_a_head() {
        let mut scanner = Scanner::client();
        scanner.feed(&conversation()[..32]);
        assert!(!scanner.greeted());
        scanner.feed(&conversation()[32..33]);
        assert!(scanner.greeted());
    }
}
