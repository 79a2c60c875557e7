//! A service of which only one method matters.

use meshrpc::{Receiver, Request, Response, Sender, Status};

use super::contract::Note;
use super::contract::echo_service::EchoService;

/// Answers `Say` as its function says, and nothing else.
pub struct Say<F>(pub F);

impl<F> EchoService for Say<F>
where
    F: Fn(Request<Note>) -> Result<Note, Status> + Send + Sync + 'static,
{
    async fn say(&self, request: Request<Note>) -> Result<Response<Note>, Status> {
        (self.0)(request).map(Response::new)
    }

    async fn count(&self, _: Request<Note>, _: &mut Sender<Note>) -> Result<(), Status> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn collect(&self, _: Request<Receiver<Note>>) -> Result<Response<Note>, Status> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn chat(&self, _: Request<Receiver<Note>>, _: &mut Sender<Note>) -> Result<(), Status> {
        Err(Status::unimplemented("not in this test"))
    }
}
