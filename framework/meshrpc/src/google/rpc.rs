//! `google.rpc`: the status and the error details that gRPC programs of all languages share.
//!
//! Written by hand after googleapis' `google/rpc/{status,error_details,code,http}.proto`, in
//! the shape that `prost-build` gives messages, so that generated code can name these types.
//! Most programs meet them through [`StatusExt`](crate::StatusExt).

use std::collections::HashMap;

use prost::Name;
use prost_types::Any;

/// A status as data: what `grpc-status-details-bin` holds, and what a message may contain.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Status {
    /// A [`Code`].
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// For developers, in English.
    #[prost(string, tag = "2")]
    pub message: String,
    /// Typed details, at most one of each type by convention.
    #[prost(message, repeated, tag = "3")]
    pub details: Vec<Any>,
}

/// Why something failed, for programs: a reason that is unique within its domain.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ErrorInfo {
    /// A constant in `UPPER_SNAKE_CASE`, at most 63 characters.
    #[prost(string, tag = "1")]
    pub reason: String,
    /// Who defines the reason, usually the name of the service.
    #[prost(string, tag = "2")]
    pub domain: String,
    /// More about this one error; names in `lowerCamelCase`, at most 64 characters.
    #[prost(map = "string, string", tag = "3")]
    pub metadata: HashMap<String, String>,
}

/// When the call may be tried again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct RetryInfo {
    /// How long to wait at least.
    #[prost(message, optional, tag = "1")]
    pub retry_delay: Option<prost_types::Duration>,
}

/// What helps those who debug the server. Not for the eyes of users.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct DebugInfo {
    /// Where it happened, innermost first.
    #[prost(string, repeated, tag = "1")]
    pub stack_entries: Vec<String>,
    /// Anything else.
    #[prost(string, tag = "2")]
    pub detail: String,
}

/// Which quotas are used up.
#[derive(Clone, PartialEq, prost::Message)]
pub struct QuotaFailure {
    /// All of them.
    #[prost(message, repeated, tag = "1")]
    pub violations: Vec<quota_failure::Violation>,
}

/// Nested types of [`QuotaFailure`].
pub mod quota_failure {
    use std::collections::HashMap;

    /// One quota that is used up.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Violation {
        /// Whose quota it is, such as `project:123` or `clientip:198.51.100.7`.
        #[prost(string, tag = "1")]
        pub subject: String,
        /// What happened, and where to look.
        #[prost(string, tag = "2")]
        pub description: String,
        /// The service that has the quota, which may be one behind the one that was called.
        #[prost(string, tag = "3")]
        pub api_service: String,
        /// What the quota counts.
        #[prost(string, tag = "4")]
        pub quota_metric: String,
        /// The quota's own name, unique within the service.
        #[prost(string, tag = "5")]
        pub quota_id: String,
        /// What the count is broken down by, such as a region.
        #[prost(map = "string, string", tag = "6")]
        pub quota_dimensions: HashMap<String, String>,
        /// The quota's value when it was exceeded.
        #[prost(int64, tag = "7")]
        pub quota_value: i64,
        /// The value that is being rolled out, if one is.
        #[prost(int64, optional, tag = "8")]
        pub future_quota_value: Option<i64>,
    }
}

/// What has to be true before the call can succeed, and is not.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PreconditionFailure {
    /// All that is missing.
    #[prost(message, repeated, tag = "1")]
    pub violations: Vec<precondition_failure::Violation>,
}

/// Nested types of [`PreconditionFailure`].
pub mod precondition_failure {
    /// One condition that does not hold.
    #[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
    pub struct Violation {
        /// The kind of condition, a constant that the service defines, such as `TOS`.
        #[prost(string, tag = "1")]
        pub r#type: String,
        /// What it does not hold for.
        #[prost(string, tag = "2")]
        pub subject: String,
        /// What to do about it.
        #[prost(string, tag = "3")]
        pub description: String,
    }
}

/// Which fields of the request are wrong.
#[derive(Clone, PartialEq, prost::Message)]
pub struct BadRequest {
    /// All of them.
    #[prost(message, repeated, tag = "1")]
    pub field_violations: Vec<bad_request::FieldViolation>,
}

/// Nested types of [`BadRequest`].
pub mod bad_request {
    /// One field that is wrong.
    #[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
    pub struct FieldViolation {
        /// The path to the field, such as `items[2].sku`.
        #[prost(string, tag = "1")]
        pub field: String,
        /// What is wrong with it.
        #[prost(string, tag = "2")]
        pub description: String,
        /// The same for programs: a constant in `UPPER_SNAKE_CASE`.
        #[prost(string, tag = "3")]
        pub reason: String,
        /// The same for users, in their language.
        #[prost(message, optional, tag = "4")]
        pub localized_message: Option<super::LocalizedMessage>,
    }
}

/// What to quote when reporting the failure.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct RequestInfo {
    /// Means something to the service only; finds the request in its logs.
    #[prost(string, tag = "1")]
    pub request_id: String,
    /// What served the request, for example an encrypted stack trace.
    #[prost(string, tag = "2")]
    pub serving_data: String,
}

/// Which resource was to be accessed.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ResourceInfo {
    /// What kind of thing it is: words, or a type URL.
    #[prost(string, tag = "1")]
    pub resource_type: String,
    /// Its name.
    #[prost(string, tag = "2")]
    pub resource_name: String,
    /// Whose it is, such as `user:somebody@example.com`.
    #[prost(string, tag = "3")]
    pub owner: String,
    /// What happened when it was accessed.
    #[prost(string, tag = "4")]
    pub description: String,
}

/// Where to read on.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Help {
    /// Pages about this error.
    #[prost(message, repeated, tag = "1")]
    pub links: Vec<help::Link>,
}

/// Nested types of [`Help`].
pub mod help {
    /// A link.
    #[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
    pub struct Link {
        /// What is to be found there.
        #[prost(string, tag = "1")]
        pub description: String,
        /// Where.
        #[prost(string, tag = "2")]
        pub url: String,
    }
}

/// A message that may be shown to the user.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct LocalizedMessage {
    /// The language, as BCP 47 has it: `en-US`, `de-CH`.
    #[prost(string, tag = "1")]
    pub locale: String,
    /// The text.
    #[prost(string, tag = "2")]
    pub message: String,
}

/// An HTTP request as data.
#[derive(Clone, PartialEq, prost::Message)]
pub struct HttpRequest {
    /// The method.
    #[prost(string, tag = "1")]
    pub method: String,
    /// The URI.
    #[prost(string, tag = "2")]
    pub uri: String,
    /// The headers in their order; a name may repeat.
    #[prost(message, repeated, tag = "3")]
    pub headers: Vec<HttpHeader>,
    /// The body, empty if there is none.
    #[prost(bytes = "vec", tag = "4")]
    pub body: Vec<u8>,
}

/// An HTTP response as data.
#[derive(Clone, PartialEq, prost::Message)]
pub struct HttpResponse {
    /// The status, such as 404.
    #[prost(int32, tag = "1")]
    pub status: i32,
    /// The reason phrase, such as `Not Found`.
    #[prost(string, tag = "2")]
    pub reason: String,
    /// The headers in their order; a name may repeat.
    #[prost(message, repeated, tag = "3")]
    pub headers: Vec<HttpHeader>,
    /// The body, empty if there is none.
    #[prost(bytes = "vec", tag = "4")]
    pub body: Vec<u8>,
}

/// One HTTP header.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct HttpHeader {
    /// The name, in any case.
    #[prost(string, tag = "1")]
    pub key: String,
    /// The value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// The canonical codes as an enum of protobuf; [`tonic::Code`] is the one to program with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Code {
    /// No error.
    Ok = 0,
    /// Cancelled, typically by the caller.
    Cancelled = 1,
    /// An error that says nothing more.
    Unknown = 2,
    /// The argument is wrong whatever the state of the system.
    InvalidArgument = 3,
    /// Time ran out; it may have worked all the same.
    DeadlineExceeded = 4,
    /// What was asked for does not exist.
    NotFound = 5,
    /// What was to be created exists.
    AlreadyExists = 6,
    /// The caller is known and may not.
    PermissionDenied = 7,
    /// The caller is not known.
    Unauthenticated = 16,
    /// A quota or a resource is used up.
    ResourceExhausted = 8,
    /// The system is not in the state that this takes; repeating does not help.
    FailedPrecondition = 9,
    /// Lost against somebody else; begin again further up.
    Aborted = 10,
    /// Beyond the end, which may move.
    OutOfRange = 11,
    /// There is no such operation.
    Unimplemented = 12,
    /// Something is broken.
    Internal = 13,
    /// Not now; try again.
    Unavailable = 14,
    /// Data is lost or damaged for good.
    DataLoss = 15,
}

/// Every code with its name in the contract.
const CODES: [(Code, &str); 17] = [
    (Code::Ok, "OK"),
    (Code::Cancelled, "CANCELLED"),
    (Code::Unknown, "UNKNOWN"),
    (Code::InvalidArgument, "INVALID_ARGUMENT"),
    (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
    (Code::NotFound, "NOT_FOUND"),
    (Code::AlreadyExists, "ALREADY_EXISTS"),
    (Code::PermissionDenied, "PERMISSION_DENIED"),
    (Code::ResourceExhausted, "RESOURCE_EXHAUSTED"),
    (Code::FailedPrecondition, "FAILED_PRECONDITION"),
    (Code::Aborted, "ABORTED"),
    (Code::OutOfRange, "OUT_OF_RANGE"),
    (Code::Unimplemented, "UNIMPLEMENTED"),
    (Code::Internal, "INTERNAL"),
    (Code::Unavailable, "UNAVAILABLE"),
    (Code::DataLoss, "DATA_LOSS"),
    (Code::Unauthenticated, "UNAUTHENTICATED"),
];

impl Code {
    /// The name in the contract, such as `NOT_FOUND`.
    pub const fn as_str_name(&self) -> &'static str {
        // The table is in the order of the numbers.
        CODES[*self as usize].1
    }

    /// The code of a name in the contract.
    pub fn from_str_name(value: &str) -> Option<Self> {
        let found = CODES.iter().find(|(_, name)| *name == value);
        found.map(|(code, _)| *code)
    }
}

macro_rules! names {
    ($($message:ty => $name:literal,)*) => {$(
        impl Name for $message {
            const PACKAGE: &'static str = "google.rpc";
            const NAME: &'static str = $name;

            fn full_name() -> String {
                concat!("google.rpc.", $name).to_owned()
            }

            // prost's default has no domain, which other implementations of Any miss.
            fn type_url() -> String {
                concat!("type.googleapis.com/google.rpc.", $name).to_owned()
            }
        }
    )*};
}

names! {
    Status => "Status",
    ErrorInfo => "ErrorInfo",
    RetryInfo => "RetryInfo",
    DebugInfo => "DebugInfo",
    QuotaFailure => "QuotaFailure",
    quota_failure::Violation => "QuotaFailure.Violation",
    PreconditionFailure => "PreconditionFailure",
    precondition_failure::Violation => "PreconditionFailure.Violation",
    BadRequest => "BadRequest",
    bad_request::FieldViolation => "BadRequest.FieldViolation",
    RequestInfo => "RequestInfo",
    ResourceInfo => "ResourceInfo",
    Help => "Help",
    help::Link => "Help.Link",
    LocalizedMessage => "LocalizedMessage",
    HttpRequest => "HttpRequest",
    HttpResponse => "HttpResponse",
    HttpHeader => "HttpHeader",
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message;

    #[test]
    fn codes_have_the_numbers_and_names_of_grpc() {
        for number in 0..=16 {
            let code = Code::try_from(number).unwrap();
            assert_eq!(Code::from_str_name(code.as_str_name()), Some(code));
            // tonic spells its names `NotFound`, the contract `NOT_FOUND`.
            let spelled = format!("{:?}", tonic::Code::from_i32(number)).to_uppercase();
            assert_eq!(code.as_str_name().replace('_', ""), spelled);
            assert_eq!(code as i32, number);
        }
        assert!(Code::try_from(17).is_err());
        assert_eq!(Code::from_str_name("NO_SUCH"), None);
    }

    #[test]
    fn numbers_and_types_are_the_standards() {
        // Bytes as protoc writes them for the fields in the order of their numbers.
        let violation = quota_failure::Violation {
            subject: "s".into(),
            description: "d".into(),
            api_service: "a".into(),
            quota_metric: "m".into(),
            quota_id: "i".into(),
            quota_dimensions: [("k".into(), "v".into())].into(),
            quota_value: 300,
            future_quota_value: Some(0),
        };
        let expected = b"\x0a\x01s\x12\x01d\x1a\x01a\x22\x01m\x2a\x01i\
            \x32\x06\x0a\x01k\x12\x01v\x38\xac\x02\x40\x00";
        assert_eq!(violation.encode_to_vec(), expected);

        let field = bad_request::FieldViolation {
            field: "f".into(),
            description: "d".into(),
            reason: "R".into(),
            localized_message: Some(LocalizedMessage {
                locale: "l".into(),
                message: "m".into(),
            }),
        };
        let expected = b"\x0a\x01f\x12\x01d\x1a\x01R\x22\x06\x0a\x01l\x12\x01m";
        assert_eq!(field.encode_to_vec(), expected);

        let status = Status {
            code: 5,
            message: "m".into(),
            details: vec![Any {
                type_url: "u".into(),
                value: vec![1],
            }],
        };
        let expected = b"\x08\x05\x12\x01m\x1a\x06\x0a\x01u\x12\x01\x01";
        assert_eq!(status.encode_to_vec(), expected);
    }

    #[test]
    fn type_urls_have_the_domain_that_everybody_writes() {
        assert_eq!(
            ErrorInfo::type_url(),
            "type.googleapis.com/google.rpc.ErrorInfo"
        );
        let any = Any::from_msg(&Help::default()).unwrap();
        assert_eq!(any.type_url, "type.googleapis.com/google.rpc.Help");
        assert_eq!(any.to_msg(), Ok(Help::default()));
    }
}
