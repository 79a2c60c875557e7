//! `grpc-timeout` on the wire (PROTOCOL-HTTP2, *Requests*).
//!
//! A caller's remaining time travels as one to eight digits and a unit. Eight digits can't
//! hold every duration exactly, so what is written is rounded *up*: a server may then give
//! the call a sliver more time than the client does, but never less, and a deadline that
//! has not passed is never written as one that has.

use std::fmt;
use std::time::Duration;

use http::HeaderValue;

/// The largest number that the wire's eight digits hold.
const MAX: u64 = 99_999_999;

/// A `grpc-timeout` that has not the standard's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidTimeout {
    value: HeaderValue,
}

impl fmt::Display for InvalidTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The value is the peer's; an error message is no place for kilobytes of it.
        let shown = &self.value.as_bytes()[..self.value.len().min(40)];
        let more = if shown.len() < self.value.len() {
            "…"
        } else {
            ""
        };
        write!(
            f,
            "invalid grpc-timeout \"{}{more}\": it takes 1 to 8 digits and a unit, one of \
             H M S m u n, such as 250m for 250 milliseconds",
            shown.escape_ascii()
        )
    }
}

impl std::error::Error for InvalidTimeout {}

/// Reads a `grpc-timeout`.
pub(crate) fn parse(value: &HeaderValue) -> Result<Duration, InvalidTimeout> {
    read(value.as_bytes()).ok_or_else(|| InvalidTimeout {
        value: value.clone(),
    })
}

fn read(bytes: &[u8]) -> Option<Duration> {
    let (unit, digits) = bytes.split_last()?;
    if !(1..=8).contains(&digits.len()) {
        return None;
    }
    let mut number = 0u64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number * 10 + u64::from(digit - b'0');
    }
    // Eight digits times 3600 are far from the end of a u64.
    Some(match unit {
        b'H' => Duration::from_secs(number * 3600),
        b'M' => Duration::from_secs(number * 60),
        b'S' => Duration::from_secs(number),
        b'm' => Duration::from_millis(number),
        b'u' => Duration::from_micros(number),
        b'n' => Duration::from_nanos(number),
        _ => return None,
    })
}

/// Writes a `grpc-timeout`: the finest unit whose number fits into eight digits, rounded up.
///
/// What is longer than the wire can say (11,415 years) is written as the longest it can.
pub(crate) fn format(timeout: Duration) -> HeaderValue {
    let (number, unit) = choose(timeout);
    let mut text = [0u8; 9];
    let mut start = text.len() - 1;
    text[start] = unit;
    let mut rest = number;
    loop {
        start -= 1;
        text[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    HeaderValue::from_bytes(&text[start..]).expect("digits and a letter are a valid header value")
}

fn choose(timeout: Duration) -> (u64, u8) {
    let secs = timeout.as_secs();
    let nanos = u64::from(timeout.subsec_nanos());
    // In each branch the guard keeps the product, rounded up, within eight digits.
    if secs == 0 && nanos <= MAX {
        return (nanos, b'n');
    }
    if secs <= 98 {
        return (secs * 1_000_000 + nanos.div_ceil(1_000), b'u');
    }
    if secs <= 99_998 {
        return (secs * 1_000 + nanos.div_ceil(1_000_000), b'm');
    }
    let whole = secs.saturating_add(u64::from(nanos > 0));
    if whole <= MAX {
        return (whole, b'S');
    }
    let minutes = whole.div_ceil(60);
    if minutes <= MAX {
        return (minutes, b'M');
    }
    (whole.div_ceil(3600).min(MAX), b'H')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &'static str) -> Duration {
        parse(&HeaderValue::from_static(text)).expect(text)
    }

    #[test]
    fn every_unit_is_understood() {
        assert_eq!(parsed("2H"), Duration::from_secs(7200));
        assert_eq!(parsed("3M"), Duration::from_secs(180));
        assert_eq!(parsed("42S"), Duration::from_secs(42));
        assert_eq!(parsed("250m"), Duration::from_millis(250));
        assert_eq!(parsed("7u"), Duration::from_micros(7));
        assert_eq!(parsed("00000007n"), Duration::from_nanos(7));
        assert_eq!(parsed("0n"), Duration::ZERO);
        assert_eq!(parsed("99999999H"), Duration::from_secs(99_999_999 * 3600));
    }

    #[test]
    fn what_has_not_the_form_is_refused_and_named() {
        for bad in [
            "",
            "n",
            "1",
            "100000000n",
            "-1S",
            "+1S",
            "1.5S",
            " 1S",
            "1S ",
            "1s",
            "1h",
            "0x1S",
            "1Sm",
            "٣S",
        ] {
            let value = HeaderValue::from_bytes(bad.as_bytes()).unwrap();
            let error = parse(&value).expect_err(bad);
            assert!(error.to_string().contains("H M S m u n"), "{error}");
        }
        let error = parse(&HeaderValue::from_static("1 hour")).unwrap_err();
        assert!(error.to_string().contains("\"1 hour\""), "{error}");
        let long = HeaderValue::from_str(&"9".repeat(4000)).unwrap();
        assert!(parse(&long).unwrap_err().to_string().len() < 200);
    }

    #[test]
    fn the_finest_unit_that_fits_is_written() {
        for (timeout, expected) in [
            (Duration::ZERO, "0n"),
            (Duration::from_nanos(1), "1n"),
            (Duration::from_nanos(99_999_999), "99999999n"),
            (Duration::from_nanos(100_000_000), "100000u"),
            (Duration::from_nanos(100_000_001), "100001u"),
            (Duration::from_secs(1), "1000000u"),
            (Duration::new(98, 999_999_999), "99000000u"),
            (Duration::from_secs(99), "99000m"),
            (Duration::new(99_998, 999_999_999), "99999000m"),
            (Duration::from_secs(99_999), "99999S"),
            (Duration::new(99_999_998, 1), "99999999S"),
            (Duration::new(99_999_999, 1), "1666667M"),
            (Duration::from_secs(99_999_999 * 60 + 1), "1666667H"),
            (Duration::MAX, "99999999H"),
        ] {
            assert_eq!(format(timeout), expected, "{timeout:?}");
        }
    }

    #[test]
    fn a_written_timeout_reads_back_never_shorter_and_hardly_longer() {
        let mut seed = 0x9E37_79B9_7F4A_7C15u64;
        for round in 0..200_000u32 {
            // xorshift, spread over all magnitudes
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let nanos = u128::from(seed >> (round % 64)) * if round % 3 == 0 { 1 } else { 17 };
            let timeout = Duration::new(
                u64::try_from(nanos / 1_000_000_000).unwrap(),
                (nanos % 1_000_000_000) as u32,
            );
            let text = format(timeout);
            assert!(text.len() <= 9, "{text:?}");
            let back = parse(&text).unwrap();
            assert!(back >= timeout, "{timeout:?} was written as {text:?}");
            assert_eq!(back.is_zero(), timeout.is_zero());
            // The coarsest step is a unit beside the seven digits of the next finer one.
            let slack = timeout.as_nanos() / 10_000 + 1_000;
            assert!(
                back.as_nanos() - timeout.as_nanos() <= slack,
                "{timeout:?} {text:?}"
            );
        }
    }
}
