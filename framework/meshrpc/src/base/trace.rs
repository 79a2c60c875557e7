//! W3C trace context: which trace a call belongs to (<https://www.w3.org/TR/trace-context/>).

use std::fmt;

use tonic::metadata::{AsciiMetadataValue, MetadataMap};

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";
/// Longest `tracestate` that is carried on: what the standard asks everybody to carry.
const MAX_STATE: usize = 512;

/// A position in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: u128,
    span_id: u64,
    flags: u8,
    state: Option<AsciiMetadataValue>,
}

impl TraceContext {
    /// A new trace, sampled.
    pub(crate) fn root(trace_id: u128, span_id: u64) -> Self {
        Self {
            trace_id: trace_id.max(1),
            span_id: span_id.max(1),
            flags: 1,
            state: None,
        }
    }

    /// The same trace, one span further.
    #[must_use]
    pub(crate) fn child(&self, span_id: u64) -> Self {
        Self {
            span_id: span_id.max(1),
            ..self.clone()
        }
    }

    /// The trace's id.
    pub const fn trace_id(&self) -> u128 {
        self.trace_id
    }

    /// The id of the span that calls made here are children of.
    pub const fn span_id(&self) -> u64 {
        self.span_id
    }

    /// Whether the trace is recorded by whoever started it.
    pub const fn is_sampled(&self) -> bool {
        self.flags & 1 == 1
    }

    /// Reads `traceparent` and `tracestate`; anything malformed is as good as absent.
    pub(crate) fn extract(metadata: &MetadataMap) -> Option<Self> {
        let parent = metadata.get(TRACEPARENT)?.to_str().ok()?;
        let mut parts = parent.split('-');
        let version = hex(parts.next()?, 2)?;
        let trace_id = hex(parts.next()?, 32)?;
        let span_id = hex(parts.next()?, 16)? as u64;
        let flags = hex(parts.next()?, 2)? as u8;
        // Version 0 has four parts; later versions may have more.
        if version == 0xff || trace_id == 0 || span_id == 0 {
            return None;
        }
        if version == 0 && parts.next().is_some() {
            return None;
        }
        let state = metadata
            .get(TRACESTATE)
            .filter(|state| state.len() <= MAX_STATE)
            .cloned();
        Some(Self {
            trace_id,
            span_id,
            flags,
            state,
        })
    }

    /// Writes `traceparent` and `tracestate`, unless the caller set its own.
    pub(crate) fn inject(&self, metadata: &mut MetadataMap) {
        if metadata.contains_key(TRACEPARENT) {
            return;
        }
        if let Ok(parent) = AsciiMetadataValue::try_from(self.to_string()) {
            metadata.insert(TRACEPARENT, parent);
        }
        if let Some(state) = &self.state {
            metadata.insert(TRACESTATE, state.clone());
        }
    }
}

/// The form of `traceparent`.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "00-{:032x}-{:016x}-{:02x}",
            self.trace_id, self.span_id, self.flags
        )
    }
}

fn hex(text: &str, digits: usize) -> Option<u128> {
    let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != digits || !text.bytes().all(lower) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parent: &'static str) -> Option<TraceContext> {
        let mut metadata = MetadataMap::new();
        metadata.insert(TRACEPARENT, AsciiMetadataValue::from_static(parent));
        TraceContext::extract(&metadata)
    }

    #[test]
    fn a_traceparent_survives_reading_and_writing() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let trace = read(parent).unwrap();
        assert!(trace.is_sampled());
        assert_eq!(trace.to_string(), parent);
    }

    #[test]
    fn a_later_version_may_have_more_parts() {
        assert!(read("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x").is_some());
        assert!(read("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x").is_none());
    }

    #[test]
    fn a_malformed_traceparent_is_as_good_as_none() {
        for parent in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert_eq!(read(parent), None, "{parent}");
        }
    }

    #[test]
    fn a_callers_own_traceparent_stays() {
        let mut metadata = MetadataMap::new();
        metadata.insert(TRACEPARENT, AsciiMetadataValue::from_static("mine"));
        TraceContext::root(1, 2).inject(&mut metadata);
        assert_eq!(metadata.get(TRACEPARENT).unwrap(), "mine");
    }
}
