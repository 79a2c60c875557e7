//! What compression promises, for every encoding of the build.

use super::*;

const LIMIT: usize = 4 * 1024 * 1024;

fn packed(encoding: Encoding, input: &[u8]) -> Vec<u8> {
    let mut out = BytesMut::from(&b"kept"[..]);
    compress(encoding, input, &mut out).unwrap();
    assert_eq!(&out[..4], b"kept");
    out[4..].to_vec()
}

fn unpacked(encoding: Encoding, input: &[u8], limit: usize) -> Result<Vec<u8>, DecompressError> {
    let mut out = BytesMut::from(&b"kept"[..]);
    let result = decompress(encoding, input, limit, &mut out);
    assert_eq!(&out[..4], b"kept");
    if result.is_err() {
        assert_eq!(out.len(), 4, "an error leaves nothing behind");
    }
    result.map(|()| out[4..].to_vec())
}

/// Bytes that compress a little: noise from a small alphabet.
fn noise(len: usize) -> Vec<u8> {
    let mut seed = 0x9E37_79B9_7F4A_7C15u64 ^ len as u64;
    let mut step = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 32) as u8 & 0x3f
    };
    (0..len).map(|_| step()).collect()
}

fn is_corrupt<T: fmt::Debug>(result: Result<T, DecompressError>) -> bool {
    matches!(result, Err(DecompressError::Corrupt(_)))
}

#[test]
fn every_message_survives_the_round_trip() {
    for &encoding in Encoding::ALL {
        let sizes = (0..70).chain([1023, 1024, 1025, 65_535, 65_536, 1 << 20]);
        for size in sizes {
            for message in [noise(size), vec![7; size.min(RATIO_FLOOR)]] {
                let small = packed(encoding, &message);
                let back = unpacked(encoding, &small, LIMIT).unwrap();
                assert!(back == message, "{encoding} {size}");
            }
        }
        let text = "the quick brown fox ".repeat(5_000);
        assert!(packed(encoding, text.as_bytes()).len() < text.len() / 50);
    }
}

#[test]
fn a_message_that_turned_out_small_holds_little_memory() {
    for &encoding in Encoding::ALL {
        let mut out = BytesMut::new();
        compress(encoding, &vec![0; RATIO_FLOOR], &mut out).unwrap();
        assert!(out.capacity() < 32 * 1024, "{encoding} {}", out.capacity());
    }
}

#[test]
fn the_limit_holds_to_the_byte() {
    for &encoding in Encoding::ALL {
        for size in [1, 1000, 100_000] {
            let small = packed(encoding, &noise(size));
            assert_eq!(unpacked(encoding, &small, size).unwrap().len(), size);
            let over = unpacked(encoding, &small, size - 1);
            assert_eq!(over, Err(DecompressError::TooLarge), "{encoding} {size}");
        }
        let nothing = packed(encoding, b"");
        assert_eq!(unpacked(encoding, &nothing, 0), Ok(vec![]));
    }
}

#[test]
fn a_bomb_is_stopped_before_it_fills_the_limit() {
    for &encoding in Encoding::ALL {
        let bomb = packed(encoding, &vec![0; 8 << 20]);
        let mut out = BytesMut::new();
        let error = decompress(encoding, &bomb, 256 << 20, &mut out).unwrap_err();
        assert!(matches!(error, DecompressError::Bomb { .. }), "{error:?}");
        assert!(error.to_string().contains("bomb"), "{error}");
        let most = RATIO_FLOOR.max(bomb.len() * MAX_RATIO);
        assert!(out.capacity() <= 2 * most + 1024, "{}", out.capacity());
        // The same under the usual limit, where the limit may be nearer than the ratio.
        assert!(unpacked(encoding, &bomb, LIMIT).is_err());
        // Small messages may be as monotonous as they like.
        let zeros = vec![0; RATIO_FLOOR];
        assert_eq!(
            unpacked(encoding, &packed(encoding, &zeros), LIMIT),
            Ok(zeros)
        );
    }
}

#[test]
fn data_that_ends_early_is_corrupt_wherever_it_ends() {
    for &encoding in Encoding::ALL {
        let small = packed(encoding, &noise(600));
        for len in 1..small.len() {
            let result = unpacked(encoding, &small[..len], LIMIT);
            assert!(is_corrupt(result), "{encoding} {len} of {}", small.len());
        }
        assert_eq!(unpacked(encoding, b"", LIMIT), Ok(vec![]));
    }
}

#[test]
fn damaged_data_never_panics_and_never_passes_the_budget() {
    for &encoding in Encoding::ALL {
        let small = packed(encoding, &noise(300));
        for at in 0..small.len() {
            for flip in [0x01, 0x10, 0x80, 0xff] {
                let mut bad = small.clone();
                bad[at] ^= flip;
                if let Ok(message) = unpacked(encoding, &bad, 2_000) {
                    assert!(message.len() <= 2_000);
                }
            }
        }
        for size in 1..200 {
            let _ = unpacked(encoding, &noise(size), LIMIT);
        }
        // A state that met damage serves the next message as if nothing had been.
        assert_eq!(unpacked(encoding, &small, LIMIT), Ok(noise(300)));
    }
}

#[test]
fn what_follows_the_end_is_corrupt() {
    for &encoding in Encoding::ALL {
        let mut small = packed(encoding, b"hello");
        small.extend_from_slice(b"garbage that is no frame");
        assert!(is_corrupt(unpacked(encoding, &small, LIMIT)), "{encoding}");
    }
}

#[test]
fn names_are_the_wires_and_unknown_ones_are_named_with_the_remedy() {
    for &encoding in Encoding::ALL {
        let header = encoding.to_header();
        assert_eq!(Encoding::from_header(&header), Ok(Some(encoding)));
        assert!(EncodingSet::supported().contains(encoding));
        assert!(EncodingSet::from_header(&header).contains(encoding));
    }
    let identity = HeaderValue::from_static("identity");
    assert_eq!(Encoding::from_header(&identity), Ok(None));
    let error = Encoding::from_header(&HeaderValue::from_static("br")).unwrap_err();
    assert!(error.to_string().contains("\"br\""), "{error}");
    assert!(error.to_string().contains("identity"), "{error}");
}

#[test]
fn accept_lists_are_read_whatever_they_contain() {
    let all = EncodingSet::supported();
    let list = HeaderValue::from_static("identity, br,GZIP ,deflate;q=0.5,,zstd,x-unknown");
    assert_eq!(EncodingSet::from_header(&list), all);
    assert_eq!(
        EncodingSet::from_header(&HeaderValue::from_static("")),
        EncodingSet(0)
    );
    assert_eq!(EncodingSet(0).to_header(), None);
    for bits in 0..8 {
        let set = EncodingSet(bits & all.0);
        let again = set.to_header().map(|list| EncodingSet::from_header(&list));
        assert_eq!(again.unwrap_or_default(), set);
    }
}

#[cfg(feature = "gzip")]
#[test]
fn gzip_agrees_with_other_implementations() {
    use std::io::{Read, Write};

    let message = noise(10_000);
    let small = packed(Encoding::Gzip, &message);
    let mut back = Vec::new();
    flate2::read::GzDecoder::new(&small[..])
        .read_to_end(&mut back)
        .unwrap();
    assert_eq!(back, message);

    let small = packed(Encoding::Deflate, &message);
    let mut back = Vec::new();
    flate2::read::ZlibDecoder::new(&small[..])
        .read_to_end(&mut back)
        .unwrap();
    assert_eq!(back, message);

    // With everything that a header may have, and in two members.
    let mut both = Vec::new();
    for half in [&message[..4_000], &message[4_000..]] {
        let mut writer = flate2::GzBuilder::new()
            .extra(vec![1, 2, 3])
            .filename("a name")
            .comment("a comment")
            .mtime(77)
            .write(&mut both, flate2::Compression::best());
        writer.write_all(half).unwrap();
        writer.finish().unwrap();
    }
    assert_eq!(unpacked(Encoding::Gzip, &both, LIMIT), Ok(message));
}

#[cfg(feature = "gzip")]
#[test]
fn gzip_checks_its_sums() {
    let small = packed(Encoding::Gzip, b"hello");
    for at in small.len() - 8..small.len() {
        let mut bad = small.clone();
        bad[at] ^= 1;
        assert!(is_corrupt(unpacked(Encoding::Gzip, &bad, LIMIT)), "{at}");
    }
    // RFC 1952, 2.3.1: FHCRC is the low half of the header's CRC-32.
    let mut header = small[..10].to_vec();
    header[3] = 2;
    let mut crc = flate2::Crc::new();
    crc.update(&header);
    let sum = crc.sum().to_le_bytes();
    for (wrong, expected) in [(0, false), (1, true)] {
        let mut all = header.clone();
        all.extend_from_slice(&[sum[0] ^ wrong, sum[1]]);
        all.extend_from_slice(&small[10..]);
        assert_eq!(is_corrupt(unpacked(Encoding::Gzip, &all, LIMIT)), expected);
    }
}

#[cfg(feature = "zstd")]
#[test]
fn zstd_agrees_with_other_settings_and_bounds_the_window() {
    use std::io::Write;

    let message = noise(300_000);
    for level in [1, 9, 19] {
        // The streaming writer does not say the size, and adds a checksum.
        let mut writer = ::zstd::stream::Encoder::new(Vec::new(), level).unwrap();
        writer.include_checksum(true).unwrap();
        writer.write_all(&message).unwrap();
        let mut small = writer.finish().unwrap();
        assert_eq!(
            unpacked(Encoding::Zstd, &small, LIMIT).as_ref(),
            Ok(&message)
        );
        // A second frame, and one to skip (RFC 8878, 3.1.2).
        small.extend_from_slice(&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
        small.extend_from_slice(&packed(Encoding::Zstd, b"tail"));
        let both = unpacked(Encoding::Zstd, &small, LIMIT).unwrap();
        assert!(both.starts_with(&message) && both.ends_with(b"tail"));
    }

    // A frame that asks for a window of 2 GiB, and has one raw block of one byte.
    let greedy = [0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3, 9, 0, 0, b'x'];
    assert!(is_corrupt(unpacked(Encoding::Zstd, &greedy, LIMIT)));
    let modest = [0x28, 0xb5, 0x2f, 0xfd, 0, 13 << 3, 9, 0, 0, b'x'];
    assert_eq!(unpacked(Encoding::Zstd, &modest, LIMIT), Ok(b"x".to_vec()));
}
