//! Message compression: which encodings there are, what they are called, and doing it.
//!
//! Each message is compressed by itself (PROTOCOL-HTTP2: no context across messages), whole
//! and in memory. What a peer compressed is never trusted: its size is checked *while* it
//! unfolds, against the receive limit and against [`MAX_RATIO`].
//!
//! The state of a compressor is up to some hundred kilobytes that are slow to set up, so
//! each thread keeps one for each encoding that it has used. Compressing never waits, thus no
//! two messages want the same one, and there are no more of them than threads.

#![cfg_attr(
    not(all(feature = "transport", any(feature = "gzip", feature = "zstd"))),
    allow(
        dead_code,
        reason = "without a transport or an encoding only the names remain"
    )
)]

#[cfg(any(feature = "gzip", feature = "zstd"))]
mod output;
#[cfg(feature = "gzip")]
mod zlib;
#[cfg(feature = "zstd")]
mod zstd;

use std::fmt;

use bytes::BytesMut;
use http::HeaderValue;

/// How a message is compressed.
///
/// An encoding is there when its feature is on: `gzip` (which brings `deflate`) and `zstd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// gzip (RFC 1952), what every gRPC implementation reads.
    #[cfg(feature = "gzip")]
    Gzip,
    /// `deflate`, which means the zlib format (RFC 1950), as in HTTP.
    #[cfg(feature = "gzip")]
    Deflate,
    /// Zstandard (RFC 8878): smaller and several times faster, where the peer has it.
    #[cfg(feature = "zstd")]
    Zstd,
}

impl Encoding {
    /// Every encoding of this build.
    pub const ALL: &'static [Self] = &[
        #[cfg(feature = "gzip")]
        Self::Gzip,
        #[cfg(feature = "gzip")]
        Self::Deflate,
        #[cfg(feature = "zstd")]
        Self::Zstd,
    ];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip => "gzip",
            #[cfg(feature = "gzip")]
            Self::Deflate => "deflate",
            #[cfg(feature = "zstd")]
            Self::Zstd => "zstd",
        }
    }

    /// The name as the value of `grpc-encoding`.
    pub(crate) fn to_header(self) -> HeaderValue {
        HeaderValue::from_static(self.name())
    }

    /// Reads `grpc-encoding`; `None` is `identity`.
    pub(crate) fn from_header(value: &HeaderValue) -> Result<Option<Self>, UnknownEncoding> {
        let name = value.as_bytes().trim_ascii();
        if name.eq_ignore_ascii_case(b"identity") {
            return Ok(None);
        }
        Self::from_name(name)
            .map(Some)
            .ok_or_else(|| UnknownEncoding {
                value: value.clone(),
            })
    }

    fn from_name(name: &[u8]) -> Option<Self> {
        let same = |encoding: &&Self| name.eq_ignore_ascii_case(encoding.name().as_bytes());
        Self::ALL.iter().find(same).copied()
    }

    const fn bit(self) -> u8 {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip => 1,
            #[cfg(feature = "gzip")]
            Self::Deflate => 2,
            #[cfg(feature = "zstd")]
            Self::Zstd => 4,
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A `grpc-encoding` that this build does not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnknownEncoding {
    value: HeaderValue,
}

impl fmt::Display for UnknownEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.value.as_bytes()[..self.value.len().min(40)].escape_ascii();
        write!(
            f,
            "the peer's messages are encoded as \"{shown}\", this side reads identity"
        )?;
        for encoding in Encoding::ALL {
            write!(f, ", {encoding}")?;
        }
        // What a build leaves out is the only one of these that the reader can mend here.
        let name = self.value.as_bytes().trim_ascii();
        for (known, feature) in [("gzip", "gzip"), ("deflate", "gzip"), ("zstd", "zstd")] {
            if name.eq_ignore_ascii_case(known.as_bytes()) {
                write!(f, " (feature `{feature}` of meshrpc adds {known})")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for UnknownEncoding {}

/// A set of encodings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct EncodingSet(u8);

impl EncodingSet {
    /// Every encoding of this build.
    pub(crate) const fn supported() -> Self {
        let mut bits = 0;
        let mut next = 0;
        while next < Encoding::ALL.len() {
            bits |= Encoding::ALL[next].bit();
            next += 1;
        }
        Self(bits)
    }

    /// Reads `grpc-accept-encoding`; names that this build does not have are passed over.
    pub(crate) fn from_header(value: &HeaderValue) -> Self {
        let mut bits = 0;
        for item in value.as_bytes().split(|byte| *byte == b',') {
            // HTTP's lists may carry weights; gRPC's have none, and none is heeded.
            let name = item.split(|byte| *byte == b';').next().unwrap_or_default();
            if let Some(encoding) = Encoding::from_name(name.trim_ascii()) {
                bits |= encoding.bit();
            }
        }
        Self(bits)
    }

    /// Whether `encoding` is one of them.
    pub(crate) const fn contains(self, encoding: Encoding) -> bool {
        self.0 & encoding.bit() != 0
    }

    /// The value of `grpc-accept-encoding`; `None` for the empty set, for `identity` alone
    /// goes without saying. Allocates nothing.
    pub(crate) fn to_header(self) -> Option<HeaderValue> {
        Some(HeaderValue::from_static(match self.0 {
            0 => return None,
            1 => "identity,gzip",
            2 => "identity,deflate",
            3 => "identity,gzip,deflate",
            4 => "identity,zstd",
            5 => "identity,gzip,zstd",
            6 => "identity,deflate,zstd",
            _ => "identity,gzip,deflate,zstd",
        }))
    }
}

/// How many times its compressed size a message may have. Real messages stay far below;
/// deflate reaches 1,032 and zstd more than 10,000 on nothing but zeros.
pub(crate) const MAX_RATIO: usize = 200;

/// Up to this size the ratio is not asked for: a small message that repeats itself is no
/// attack. 1 MiB.
pub(crate) const RATIO_FLOOR: usize = 1024 * 1024;

/// Why a message could not be decompressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DecompressError {
    /// It is longer than the receive limit.
    TooLarge,
    /// It is within the limit, but unfolds out of too few bytes.
    Bomb { compressed: usize, allowed: usize },
    /// It is not what its encoding says.
    Corrupt(String),
}

impl fmt::Display for DecompressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => f.write_str("it is over the receive limit once decompressed"),
            Self::Bomb {
                compressed,
                allowed,
            } => write!(
                f,
                "its {compressed} bytes unfold to more than {allowed}, which is more than {MAX_RATIO} \
                 times as much: this looks like a decompression bomb (let the peer send it \
                 uncompressed, or in pieces)"
            ),
            Self::Corrupt(what) => write!(f, "corrupt data: {what}"),
        }
    }
}

impl std::error::Error for DecompressError {}

/// An encoder gave up, for want of memory.
#[derive(Debug)]
pub(crate) struct CompressError(String);

impl fmt::Display for CompressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CompressError {}

/// Appends `input`, compressed, to `out`. After an error `out` is as it was.
pub(crate) fn compress(
    encoding: Encoding,
    input: &[u8],
    out: &mut BytesMut,
) -> Result<(), CompressError> {
    // Without features `Encoding` has no values and nothing below is used.
    let _ = (input, &out);
    match encoding {
        #[cfg(feature = "gzip")]
        Encoding::Gzip => zlib::gzip(input, out).map(|()| give_back(out)),
        #[cfg(feature = "gzip")]
        Encoding::Deflate => zlib::deflate(input, out).map(|()| give_back(out)),
        #[cfg(feature = "zstd")]
        Encoding::Zstd => zstd::compress(input, out).map(|()| give_back(out)),
    }
}

/// Encoders want room for the worst case. A message that turned out small must not hold it
/// while it waits to be sent.
#[cfg(any(feature = "gzip", feature = "zstd"))]
fn give_back(out: &mut BytesMut) {
    const WORTH_A_COPY: usize = 16 * 1024;
    if out.capacity() > WORTH_A_COPY && out.capacity() / 4 > out.len() {
        *out = BytesMut::from(&out[..]);
    }
}

/// Appends `input`, decompressed, to `out`: at most `limit` bytes, and at most [`MAX_RATIO`]
/// times as many as came or [`RATIO_FLOOR`]. After an error `out` has its old contents.
///
/// Nothing at all is nothing at all in every encoding: some peers flag an empty message as
/// compressed without running it through their encoder.
pub(crate) fn decompress(
    encoding: Encoding,
    input: &[u8],
    limit: usize,
    out: &mut BytesMut,
) -> Result<(), DecompressError> {
    if input.is_empty() {
        return Ok(());
    }
    let _ = (limit, &out);
    match encoding {
        #[cfg(feature = "gzip")]
        Encoding::Gzip => zlib::gunzip(input, limit, out),
        #[cfg(feature = "gzip")]
        Encoding::Deflate => zlib::inflate(input, limit, out),
        #[cfg(feature = "zstd")]
        Encoding::Zstd => zstd::decompress(input, limit, out),
    }
}

#[cfg(test)]
#[path = "compression/tests.rs"]
mod tests;
