//! One question and its answer.

use super::pool::{Pool, Sent};
use crate::Code;
use crate::contracts::grpc::reflection::v1::server_reflection_request::MessageRequest;
use crate::contracts::grpc::reflection::v1::server_reflection_response::MessageResponse;
use crate::contracts::grpc::reflection::v1::{
    ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
    ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
};

/// What reflection knows once the server has started.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) pool: Pool,
    /// The services that are served and described, sorted.
    pub(super) services: Vec<String>,
}

impl Known {
    /// Answers one question. An error is an answer, too: the stream goes on.
    pub(super) fn answer(
        &self,
        request: ServerReflectionRequest,
        sent: &mut Sent,
    ) -> ServerReflectionResponse {
        let pool = &self.pool;
        let file = |found: Option<usize>, what: &dyn Fn() -> String, sent: &mut Sent| match found {
            Some(file) => MessageResponse::FileDescriptorResponse(FileDescriptorResponse {
                file_descriptor_proto: pool.with_dependencies(file, sent),
            }),
            None => error(Code::NotFound, format!("{} is not known here", what())),
        };
        let answer = match &request.message_request {
            Some(MessageRequest::FileByFilename(name)) => {
                file(pool.file(name), &|| format!("file {name:?}"), sent)
            }
            Some(MessageRequest::FileContainingSymbol(symbol)) => file(
                pool.file_of_symbol(symbol),
                &|| format!("symbol {symbol:?}"),
                sent,
            ),
            Some(MessageRequest::FileContainingExtension(extension)) => {
                let (extendee, number) = (&extension.containing_type, extension.extension_number);
                file(
                    pool.file_of_extension(extendee, number),
                    &|| format!("extension {number} of {extendee:?}"),
                    sent,
                )
            }
            Some(MessageRequest::AllExtensionNumbersOfType(name)) => {
                match pool.extension_numbers(name) {
                    Some(extension_number) => {
                        MessageResponse::AllExtensionNumbersResponse(ExtensionNumberResponse {
                            base_type_name: name.clone(),
                            extension_number,
                        })
                    }
                    None => error(Code::NotFound, format!("type {name:?} is not known here")),
                }
            }
            Some(MessageRequest::ListServices(_)) => {
                let services = self.services.iter().cloned();
                MessageResponse::ListServicesResponse(ListServiceResponse {
                    service: services.map(|name| ServiceResponse { name }).collect(),
                })
            }
            None => error(
                Code::InvalidArgument,
                "the request asks for nothing that is known here".to_owned(),
            ),
        };
        ServerReflectionResponse {
            valid_host: request.host.clone(),
            original_request: Some(request),
            message_response: Some(answer),
        }
    }
}

fn error(code: Code, message: String) -> MessageResponse {
    MessageResponse::ErrorResponse(ErrorResponse {
        error_code: code as i32,
        error_message: message,
    })
}
