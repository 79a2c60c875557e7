//! Typed details of an error, the `google.rpc` way.
//!
//! A [`Status`] has a code for programs and a message for developers. Details say more, in
//! messages of protobuf that every gRPC implementation reads: which field was wrong, when to
//! try again, what to show the user. They travel as an encoded `google.rpc.Status` in the
//! status' raw `details`; nobody but this module should have to know.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use prost::{Message, Name};
use prost_types::Any;
use tonic::Status;

use crate::google::rpc;

/// Reading and writing the typed details of a [`Status`].
///
/// ```
/// use meshrpc::google::rpc::{BadRequest, bad_request::FieldViolation};
/// use meshrpc::{Status, StatusExt};
///
/// let status = Status::invalid_argument("no such item").with_detail(&BadRequest {
///     field_violations: vec![FieldViolation {
///         field: "sku".into(),
///         description: "is not in the catalog".into(),
///         ..Default::default()
///     }],
/// });
///
/// let details = status.error_details();
/// let wrong = details.bad_request().expect("just put in");
/// assert_eq!(wrong.field_violations[0].field, "sku");
/// ```
pub trait StatusExt: sealed::Sealed + Sized {
    /// The same status with one more detail: a message of `google.rpc` or one of your own.
    #[must_use]
    fn with_detail<M: Name>(self, detail: &M) -> Self {
        self.with_error_details(ErrorDetails::new().with(detail))
    }

    /// The same status with these details behind those that it has.
    ///
    /// Raw details that are no `google.rpc.Status` are replaced.
    #[must_use]
    fn with_error_details(self, details: ErrorDetails) -> Self;

    /// The details, as far as they can be read; empty if there are none.
    fn error_details(&self) -> ErrorDetails;

    /// Lets a status that a client call ended with go on to our own caller whole. Without it a
    /// handler that returns such a status passes on code and message only: metadata and details
    /// were meant for us.
    #[must_use]
    fn forward(self) -> Self;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for tonic::Status {}
}

impl StatusExt for Status {
    fn with_error_details(self, details: ErrorDetails) -> Self {
        if details.is_empty() {
            return self;
        }
        let mut all = self.error_details();
        all.details.extend(details.details);
        let encoded = rpc::Status {
            // Readers of the raw details expect code and message here as well.
            code: self.code() as i32,
            message: self.message().to_owned(),
            details: all.details,
        }
        .encode_to_vec();
        let mut status = Self::with_details_and_metadata(
            self.code(),
            self.message(),
            Bytes::from(encoded),
            self.metadata().clone(),
        );
        // A status does not give its source away: the old one becomes a link of the chain.
        if !super::upstream::keep_mark(&self, &mut status)
            && std::error::Error::source(&self).is_some()
        {
            status.set_source(Arc::new(self));
        }
        status
    }

    fn forward(self) -> Self {
        super::upstream::forward(self)
    }

    fn error_details(&self) -> ErrorDetails {
        // Garbage from a peer is as good as no details.
        let status = rpc::Status::decode(self.details()).unwrap_or_default();
        ErrorDetails {
            details: status.details,
        }
    }
}

/// The typed details of an error, in their order.
///
/// Details of types that this program does not know are kept and can be passed on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ErrorDetails {
    details: Vec<Any>,
}

impl ErrorDetails {
    /// No details.
    pub const fn new() -> Self {
        Self {
            details: Vec::new(),
        }
    }

    /// The same details and one more.
    #[must_use]
    pub fn with<M: Name>(mut self, detail: &M) -> Self {
        self.push(detail);
        self
    }

    /// Adds a detail.
    pub fn push<M: Name>(&mut self, detail: &M) {
        let type_url = M::type_url();
        let type_url = if type_url.starts_with('/') {
            // prost's default has no domain, which other languages refuse.
            format!("type.googleapis.com{type_url}")
        } else {
            type_url
        };
        self.details.push(Any {
            type_url,
            value: detail.encode_to_vec(),
        });
    }

    /// The first detail of this type that can be read.
    pub fn get<M: Name + Default>(&self) -> Option<M> {
        self.all().next()
    }

    /// Every detail of this type that can be read, in order.
    pub fn all<M: Name + Default>(&self) -> impl Iterator<Item = M> + '_ {
        self.details
            .iter()
            .filter(|any| names::<M>(&any.type_url))
            .filter_map(|any| M::decode(any.value.as_slice()).ok())
    }

    /// Every detail, as it was sent.
    pub fn as_slice(&self) -> &[Any] {
        &self.details
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.details.is_empty()
    }

    /// Why it failed, for programs.
    pub fn error_info(&self) -> Option<rpc::ErrorInfo> {
        self.get()
    }

    /// When to try again.
    pub fn retry_info(&self) -> Option<rpc::RetryInfo> {
        self.get()
    }

    /// How long to wait before trying again: [`ErrorDetails::retry_info`] as a duration. A
    /// negative delay is none.
    pub fn retry_delay(&self) -> Option<Duration> {
        Duration::try_from(self.retry_info()?.retry_delay?).ok()
    }

    /// What helps to debug the server.
    pub fn debug_info(&self) -> Option<rpc::DebugInfo> {
        self.get()
    }

    /// Which quotas are used up.
    pub fn quota_failure(&self) -> Option<rpc::QuotaFailure> {
        self.get()
    }

    /// What has to be true first.
    pub fn precondition_failure(&self) -> Option<rpc::PreconditionFailure> {
        self.get()
    }

    /// Which fields of the request are wrong.
    pub fn bad_request(&self) -> Option<rpc::BadRequest> {
        self.get()
    }

    /// What to quote when reporting the failure.
    pub fn request_info(&self) -> Option<rpc::RequestInfo> {
        self.get()
    }

    /// Which resource was to be accessed.
    pub fn resource_info(&self) -> Option<rpc::ResourceInfo> {
        self.get()
    }

    /// Where to read on.
    pub fn help(&self) -> Option<rpc::Help> {
        self.get()
    }

    /// What to show the user.
    pub fn localized_message(&self) -> Option<rpc::LocalizedMessage> {
        self.get()
    }
}

/// Whether `type_url` names `M`. Only what follows the last slash counts: the domain says
/// where a description of the type could be had, and differs between implementations.
fn names<M: Name>(type_url: &str) -> bool {
    let name = type_url.rsplit_once('/').map_or(type_url, |(_, name)| name);
    let Some(package) = name.strip_suffix(M::NAME) else {
        return false;
    };
    package.strip_suffix('.').unwrap_or_default() == M::PACKAGE
        && package.is_empty() == M::PACKAGE.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Code;

    /// A message of a user, with prost's default type URL.
    #[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
    struct OutOfStock {
        #[prost(int64, tag = "1")]
        left: i64,
    }

    impl Name for OutOfStock {
        const PACKAGE: &'static str = "storefront.orders.v1";
        const NAME: &'static str = "OutOfStock";
    }

    fn error_info() -> rpc::ErrorInfo {
        rpc::ErrorInfo {
            reason: "OUT_OF_STOCK".into(),
            domain: "storefront.example".into(),
            metadata: [("sku".into(), "42".into())].into(),
        }
    }

    fn retry_in(delay: prost_types::Duration) -> rpc::RetryInfo {
        rpc::RetryInfo {
            retry_delay: Some(delay),
        }
    }

    #[test]
    fn details_survive_on_the_status_with_all_the_rest() {
        let mut plain = Status::failed_precondition("sold out");
        plain.metadata_mut().insert("x-a", "1".parse().unwrap());
        plain.set_source(Arc::new(std::fmt::Error));
        let status = plain
            .with_detail(&error_info())
            .with_detail(&OutOfStock { left: 3 })
            .with_error_details(ErrorDetails::new())
            .with_detail(&retry_in(prost_types::Duration {
                seconds: 1,
                nanos: 500_000_000,
            }));
        assert_eq!(status.code(), Code::FailedPrecondition);
        assert_eq!(status.message(), "sold out");
        assert_eq!(status.metadata().get("x-a").unwrap(), "1");
        let mut source = std::error::Error::source(&status);
        while let Some(next) = source.and_then(std::error::Error::source) {
            source = Some(next);
        }
        assert!(source.expect("kept").is::<std::fmt::Error>());

        let details = status.error_details();
        assert_eq!(details.error_info(), Some(error_info()));
        assert_eq!(details.get(), Some(OutOfStock { left: 3 }));
        assert_eq!(details.retry_delay(), Some(Duration::from_millis(1500)));
        assert_eq!(details.help(), None);
        assert_eq!(details.as_slice().len(), 3);
    }

    #[test]
    fn others_find_what_they_expect_in_the_raw_details() {
        let status = Status::not_found("no").with_detail(&OutOfStock { left: 1 });
        let raw = rpc::Status::decode(status.details()).unwrap();
        assert_eq!((raw.code, raw.message.as_str()), (5, "no"));
        assert_eq!(
            raw.details[0].type_url,
            "type.googleapis.com/storefront.orders.v1.OutOfStock"
        );
    }

    #[test]
    fn every_standard_detail_has_its_reader() {
        let details = ErrorDetails::new()
            .with(&rpc::DebugInfo::default())
            .with(&rpc::QuotaFailure::default())
            .with(&rpc::PreconditionFailure::default())
            .with(&rpc::BadRequest::default())
            .with(&rpc::RequestInfo::default())
            .with(&rpc::ResourceInfo::default())
            .with(&rpc::Help::default())
            .with(&rpc::LocalizedMessage::default());
        assert!(details.debug_info().is_some());
        assert!(details.quota_failure().is_some());
        assert!(details.precondition_failure().is_some());
        assert!(details.bad_request().is_some());
        assert!(details.request_info().is_some());
        assert!(details.resource_info().is_some());
        assert!(details.help().is_some());
        assert!(details.localized_message().is_some());
        assert_eq!((details.error_info(), details.retry_info()), (None, None));
    }

    #[test]
    fn unknown_types_and_garbage_spoil_nothing_else() {
        let stranger = Any {
            type_url: "type.example.com/a.b.Stranger".into(),
            value: vec![0xff; 9],
        };
        let broken = Any {
            type_url: rpc::ErrorInfo::type_url(),
            value: vec![0xff; 9],
        };
        let mut details = ErrorDetails {
            details: vec![stranger.clone(), broken, Any::default()],
        };
        details.push(&error_info());
        let status = Status::aborted("x").with_error_details(details);
        let read = status.error_details();
        assert_eq!(read.error_info(), Some(error_info()));
        assert_eq!(read.as_slice()[0], stranger);

        for garbage in [&b"\xff\xff\xff"[..], b"\x1a\x7f", b"not protobuf"] {
            let status = Status::with_details(Code::Aborted, "x", garbage.into());
            assert!(status.error_details().is_empty());
            let status = status.with_detail(&error_info());
            assert_eq!(status.error_details().error_info(), Some(error_info()));
        }
        assert!(Status::aborted("x").error_details().is_empty());
    }

    #[test]
    fn the_type_counts_whatever_the_domain_in_front() {
        for (url, expected) in [
            ("type.googleapis.com/google.rpc.Help", true),
            ("https://types.example.com/v1/google.rpc.Help", true),
            ("/google.rpc.Help", true),
            ("google.rpc.Help", true),
            ("type.googleapis.com/Help", false),
            ("type.googleapis.com/.Help", false),
            ("type.googleapis.com/google.rpcHelp", false),
            ("type.googleapis.com/other.google.rpc.Help", false),
            ("type.googleapis.com/google.rpc.MyHelp", false),
            ("type.googleapis.com/google.rpc.Help/x", false),
            ("", false),
        ] {
            assert_eq!(names::<rpc::Help>(url), expected, "{url}");
        }
    }

    #[test]
    fn a_negative_delay_is_none() {
        let delay = prost_types::Duration {
            seconds: -1,
            nanos: 0,
        };
        let details = ErrorDetails::new().with(&retry_in(delay));
        assert!(details.retry_info().is_some());
        assert_eq!(details.retry_delay(), None);
    }
}
