//! gzip (RFC 1952) and deflate in the zlib format (RFC 1950), by flate2.
//!
//! The frame around gzip's deflate data is read and written here, for flate2 can reuse the
//! state of the bare algorithm, but not that of its gzip readers and writers.

use std::cell::RefCell;

use bytes::BytesMut;
use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress, Status};

use super::output::Output;
use super::{CompressError, DecompressError};

thread_local! {
    static BARE: RefCell<Compress> = RefCell::new(Compress::new(Compression::default(), false));
    static ZLIB: RefCell<Compress> = RefCell::new(Compress::new(Compression::default(), true));
    static INFLATE: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// Magic, deflate, no flags, no time, nothing special, unknown system.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

pub(super) fn gzip(input: &[u8], out: &mut BytesMut) -> Result<(), CompressError> {
    let start = out.len();
    out.extend_from_slice(&GZIP_HEADER);
    if let Err(error) = BARE.with_borrow_mut(|state| pack(state, input, out)) {
        out.truncate(start);
        return Err(error);
    }
    let mut crc = Crc::new();
    crc.update(input);
    out.extend_from_slice(&crc.sum().to_le_bytes());
    // The length modulo 2^32, says the format.
    out.extend_from_slice(&(input.len() as u32).to_le_bytes());
    Ok(())
}

pub(super) fn deflate(input: &[u8], out: &mut BytesMut) -> Result<(), CompressError> {
    ZLIB.with_borrow_mut(|state| pack(state, input, out))
}

fn pack(state: &mut Compress, input: &[u8], out: &mut BytesMut) -> Result<(), CompressError> {
    state.reset();
    let start = out.len();
    let mut written = 0;
    loop {
        let read = state.total_in() as usize;
        let room = (input.len() - read) / 2 + 256;
        out.resize(start + written + room, 0);
        let window = &mut out[start + written..];
        let result = state.compress(&input[read..], window, FlushCompress::Finish);
        written = state.total_out() as usize;
        out.truncate(start + written);
        match result {
            Ok(Status::StreamEnd) => return Ok(()),
            Ok(_) => {}
            Err(error) => {
                out.truncate(start);
                return Err(CompressError(error.to_string()));
            }
        }
    }
}

pub(super) fn inflate(
    mut input: &[u8],
    limit: usize,
    out: &mut BytesMut,
) -> Result<(), DecompressError> {
    let mut output = Output::new(out, input.len(), limit);
    INFLATE.with_borrow_mut(|state| unpack(state, true, &mut input, &mut output, None))?;
    if !input.is_empty() {
        return Err(corrupt("bytes follow the end of the deflate data"));
    }
    output.finish();
    Ok(())
}

pub(super) fn gunzip(
    mut input: &[u8],
    limit: usize,
    out: &mut BytesMut,
) -> Result<(), DecompressError> {
    let mut output = Output::new(out, input.len(), limit);
    // A file may have several members; together they are one message.
    while !input.is_empty() {
        read_gzip_header(&mut input)?;
        let mut crc = Crc::new();
        INFLATE.with_borrow_mut(|state| {
            unpack(state, false, &mut input, &mut output, Some(&mut crc))
        })?;
        let trailer = take(&mut input, 8)?;
        if trailer[..4] != crc.sum().to_le_bytes() {
            return Err(corrupt("the gzip checksum does not match"));
        }
        if trailer[4..] != crc.amount().to_le_bytes() {
            return Err(corrupt("the gzip length does not match"));
        }
    }
    output.finish();
    Ok(())
}

fn unpack(
    state: &mut Decompress,
    zlib_header: bool,
    input: &mut &[u8],
    output: &mut Output<'_>,
    mut crc: Option<&mut Crc>,
) -> Result<(), DecompressError> {
    state.reset(zlib_header);
    loop {
        let (read, written) = (state.total_in(), state.total_out());
        let window = output.window(None);
        let status = state
            .decompress(input, window, FlushDecompress::None)
            .map_err(|error| DecompressError::Corrupt(error.to_string()))?;
        let read = (state.total_in() - read) as usize;
        let written = (state.total_out() - written) as usize;
        if let Some(crc) = &mut crc {
            crc.update(&window[..written]);
        }
        *input = &input[read..];
        output.advance(written)?;
        match status {
            Status::StreamEnd => return Ok(()),
            // There is always room, so what does not move lacks input.
            _ if read == 0 && written == 0 => return Err(ends_early()),
            _ => {}
        }
    }
}

/// RFC 1952, 2.3: fixed part, then what the flags announce.
fn read_gzip_header(input: &mut &[u8]) -> Result<(), DecompressError> {
    const CHECKSUM: u8 = 1 << 1;
    const EXTRA: u8 = 1 << 2;
    const NAME: u8 = 1 << 3;
    const COMMENT: u8 = 1 << 4;
    const RESERVED: u8 = 0xe0;

    let whole = *input;
    let fixed = take(input, 10)?;
    if fixed[..3] != GZIP_HEADER[..3] {
        return Err(corrupt("it does not begin as gzip data does"));
    }
    let flags = fixed[3];
    if flags & RESERVED != 0 {
        return Err(corrupt(
            "the gzip header has flags that no standard defines",
        ));
    }
    if flags & EXTRA != 0 {
        let len = take(input, 2)?;
        take(input, usize::from(u16::from_le_bytes([len[0], len[1]])))?;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            let end = input.iter().position(|byte| *byte == 0);
            take(input, end.ok_or_else(ends_early)? + 1)?;
        }
    }
    if flags & CHECKSUM != 0 {
        let mut crc = Crc::new();
        crc.update(&whole[..whole.len() - input.len()]);
        if take(input, 2)? != &crc.sum().to_le_bytes()[..2] {
            return Err(corrupt("the gzip header's checksum does not match"));
        }
    }
    Ok(())
}

fn take<'a>(input: &mut &'a [u8], len: usize) -> Result<&'a [u8], DecompressError> {
    let (taken, rest) = input.split_at_checked(len).ok_or_else(ends_early)?;
    *input = rest;
    Ok(taken)
}

fn ends_early() -> DecompressError {
    corrupt("it ends early")
}

fn corrupt(what: &str) -> DecompressError {
    DecompressError::Corrupt(what.to_owned())
}
