//! What a caller may say about one call.

use std::time::Duration;

use tonic::metadata::{AsciiMetadataValue, MetadataKey, MetadataMap};
use tonic::{Extensions, Status};

use crate::base::{CallContext, CallRequest, Deadline, Messages, MethodSpec};
use crate::client::{Channel, WaitForReady};
use crate::codec::Encoding;
use crate::protocol::grpc;

/// The options of one call, collected until it starts.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) channel: Channel,
    spec: &'static MethodSpec,
    context: CallContext,
    metadata: MetadataMap,
    extensions: Extensions,
    timeout: Option<Duration>,
    /// The first option that can't be carried out; reported when the call starts.
    invalid: Option<Status>,
}

impl Options {
    pub(crate) fn new(channel: &Channel, spec: &'static MethodSpec) -> Self {
        Self::with_metadata(channel, spec, MetadataMap::new(), Extensions::new())
    }

    pub(crate) fn with_metadata(
        channel: &Channel,
        spec: &'static MethodSpec,
        metadata: MetadataMap,
        extensions: Extensions,
    ) -> Self {
        Self {
            channel: channel.clone(),
            spec,
            context: CallContext::current(),
            metadata,
            extensions,
            timeout: None,
            invalid: None,
        }
    }

    pub(crate) fn timeout(&mut self, timeout: Duration) {
        self.timeout = Some(self.timeout.map_or(timeout, |now| now.min(timeout)));
    }

    pub(crate) fn detach(&mut self) {
        self.context = CallContext::detached();
    }

    pub(crate) fn wait_for_ready(&mut self) {
        self.extensions.insert(WaitForReady);
    }

    pub(crate) fn compress(&mut self, encoding: Encoding) {
        self.extensions.insert(encoding);
    }

    pub(crate) fn metadata(&mut self, key: &str, value: &str) {
        let Ok(key) = MetadataKey::from_bytes(key.as_bytes()) else {
            return self.refuse(format!(
                "metadata key {key:?} is not valid: use lower-case letters, digits, '-', '_' \
                 and '.'; keys in -bin take metadata_bin()"
            ));
        };
        if grpc::is_reserved(key.as_str()) {
            return self.refuse(format!(
                "metadata key \"{key}\" is reserved: the protocol itself uses it"
            ));
        }
        let ascii = value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        match AsciiMetadataValue::try_from(value) {
            Ok(value) if ascii => {
                self.metadata.append(key, value);
            }
            _ => self.refuse(format!(
                "the value of metadata key \"{key}\" is not valid: it must be visible ASCII; \
                 other bytes belong under a key in -bin"
            )),
        }
    }

    pub(crate) fn metadata_bin(&mut self, key: &str, value: &[u8]) {
        match MetadataKey::from_bytes(key.as_bytes()) {
            Ok(key) => {
                self.metadata
                    .append_bin(key, tonic::metadata::MetadataValue::from_bytes(value));
            }
            Err(_) => self.refuse(format!(
                "metadata key {key:?} is not valid for binary values: it must end in -bin"
            )),
        }
    }

    /// Whether the request carries an extension of this type.
    pub(crate) fn has<T: Clone + Send + Sync + 'static>(&self) -> bool {
        !self.extensions.is_empty() && self.extensions.get::<T>().is_some()
    }

    fn refuse(&mut self, message: String) {
        self.invalid
            .get_or_insert_with(|| Status::internal(format!("client: {message}")));
    }

    /// When the call ends, as far as is known now.
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        Deadline::earlier(self.context.deadline(), self.timeout.map(Deadline::after))
    }

    /// The context that the call is made in.
    pub(crate) fn context(&self) -> CallContext {
        self.context.clone()
    }

    /// The message-level request. The timeout counts from here.
    pub(crate) fn into_request(
        mut self,
        messages: Messages,
    ) -> Result<(Channel, CallRequest), Status> {
        if let Some(status) = self.invalid {
            return Err(status);
        }
        // `tonic::Request::set_timeout` leaves its timeout in the metadata.
        if !self.metadata.is_empty()
            && let Some(timeout) = self.metadata.remove("grpc-timeout")
        {
            let value = timeout.as_encoded_bytes();
            let timeout = grpc::parse_timeout(value)
                .map_err(|error| Status::internal(format!("client: {error}")))?;
            self.timeout(timeout);
        }
        let mut context = self.context;
        if let Some(timeout) = self.timeout {
            context = context.with_deadline(Deadline::after(timeout));
        }
        let mut request = CallRequest::new(self.spec, context, messages);
        request.metadata = self.metadata;
        request.extensions = self.extensions;
        Ok((self.channel, request))
    }
}

/// The status of a call that was given an option after it had been polled: too late for the
/// option, and going on without it would pass it over in silence.
pub(crate) fn too_late() -> Status {
    Status::internal("client: an option was set on a call that had already started; set it before")
}

/// The by-value option methods that all kinds of call have.
macro_rules! call_options {
    () => {
        /// Ends the call after `timeout`, counted from its start, streams included. An earlier
        /// deadline that the call inherits stays; the earliest counts.
        pub fn timeout(self, timeout: std::time::Duration) -> Self {
            self.with(|options| options.timeout(timeout))
        }

        /// Adds metadata. A key or value that is not valid is reported when the call is
        /// awaited, by name.
        pub fn metadata(self, key: impl AsRef<str>, value: impl AsRef<str>) -> Self {
            self.with(|options| options.metadata(key.as_ref(), value.as_ref()))
        }

        /// Adds binary metadata under a key that ends in `-bin`.
        pub fn metadata_bin(self, key: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
            self.with(|options| options.metadata_bin(key.as_ref(), value.as_ref()))
        }

        /// Compresses what this call sends; the answer is decompressed whatever the server
        /// chose among what is compiled in.
        pub fn compress(self, encoding: $crate::codec::Encoding) -> Self {
            self.with(|options| options.compress(encoding))
        }

        /// Waits for a connection even while none can be made, until the deadline. Without it
        /// a call fails at once with UNAVAILABLE when the server can't be reached.
        pub fn wait_for_ready(self) -> Self {
            self.with(|options| options.wait_for_ready())
        }

        /// Inherits nothing from the call that is being handled: no deadline, no trace.
        pub fn detach(self) -> Self {
            self.with(|options| options.detach())
        }
    };
}
pub(crate) use call_options;
