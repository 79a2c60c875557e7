//! Zstandard (RFC 8878), by the reference library.

use std::cell::RefCell;

use bytes::BytesMut;
use zstd::bulk::Compressor;
use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};
use zstd::zstd_safe;

use super::output::Output;
use super::{CompressError, DecompressError};

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECODER: RefCell<Option<Decoder<'static>>> = const { RefCell::new(None) };
}

/// The window that every decoder has to offer (RFC 8878, 3.1.1.1.2): 8 MiB. A frame can ask
/// for terabytes, and a decoder sets them aside before it has seen any data.
const MIN_WINDOW_LOG: u32 = 23;
/// The largest window that the library's own levels use: 128 MiB.
const MAX_WINDOW_LOG: u32 = 27;

pub(super) fn compress(input: &[u8], out: &mut BytesMut) -> Result<(), CompressError> {
    let start = out.len();
    out.resize(start + zstd_safe::compress_bound(input.len()), 0);
    let result = COMPRESSOR.with_borrow_mut(|state| {
        let compressor = match state {
            Some(compressor) => compressor,
            None => state.insert(Compressor::new(zstd::DEFAULT_COMPRESSION_LEVEL)?),
        };
        compressor.compress_to_buffer(input, &mut out[start..])
    });
    let written = *result.as_ref().unwrap_or(&0);
    out.truncate(start + written);
    match result {
        Ok(_) => Ok(()),
        Err(error) => Err(CompressError(error.to_string())),
    }
}

pub(super) fn decompress(
    input: &[u8],
    limit: usize,
    out: &mut BytesMut,
) -> Result<(), DecompressError> {
    DECODER.with_borrow_mut(|state| {
        let decoder = match state {
            Some(decoder) => decoder,
            None => state.insert(Decoder::new().map_err(corrupt)?),
        };
        decoder.reinit().map_err(corrupt)?;
        unpack(decoder, input, limit, out)
    })
}

fn unpack(
    decoder: &mut Decoder<'static>,
    input: &[u8],
    limit: usize,
    out: &mut BytesMut,
) -> Result<(), DecompressError> {
    // No frame that is within the limit needs a window beyond it.
    let window_log = limit
        .checked_next_power_of_two()
        .map_or(u32::MAX, usize::ilog2);
    let window_log = window_log.clamp(MIN_WINDOW_LOG, MAX_WINDOW_LOG);
    decoder
        .set_parameter(DParameter::WindowLogMax(window_log))
        .map_err(corrupt)?;

    let mut output = Output::new(out, input.len(), limit);
    // A frame that says its size is refused or given exactly its room, in which the library
    // needs no window of its own.
    let mut expected = match zstd_safe::get_frame_content_size(input) {
        Ok(Some(size)) => Some(output.announce(size)?),
        _ => None,
    };
    let mut input = InBuffer::around(input);
    loop {
        let read = input.pos();
        let window = output.window(expected.take());
        let mut into = OutBuffer::around(window);
        let hint = decoder.run(&mut input, &mut into).map_err(corrupt)?;
        let written = into.pos();
        output.advance(written)?;
        let all_read = input.pos() == input.src.len();
        // Several frames, and frames to skip, may follow each other: they are one message.
        if hint == 0 && all_read {
            output.finish();
            return Ok(());
        }
        // There is always room, so what does not move lacks input.
        if input.pos() == read && written == 0 {
            return Err(DecompressError::Corrupt("it ends early".to_owned()));
        }
    }
}

fn corrupt(error: std::io::Error) -> DecompressError {
    DecompressError::Corrupt(error.to_string())
}
