//! What the test server does.

use std::time::Duration;

use meshrpc::{CallContext, Receiver, Request, Response, ResponseExt, Sender, Status};

use super::contract::Note;
use super::contract::echo_service::EchoService;

pub struct Echo;

impl EchoService for Echo {
    async fn say(&self, request: Request<Note>) -> Result<Response<Note>, Status> {
        let key = request.metadata().get("x-key").cloned();
        let note = request.into_inner();
        match note.text.as_str() {
            "fail" => return Err(Status::failed_precondition("asked to fail: ☺ 100%")),
            "panic" => panic!("asked to panic"),
            "sleep" => std::future::pending::<()>().await,
            "deadline" => {
                let left = CallContext::current().deadline().map(|d| d.remaining());
                return Ok(Response::new(Note {
                    text: format!("{left:?}"),
                    number: left.map_or(-1, |left| left.as_millis() as i32),
                }));
            }
            _ => {}
        }
        let compress = !note.text.starts_with("uncompressed ");
        let mut response = Response::new(note);
        if !compress {
            // What `tonic::Response::disable_compression` does, which tonic has by a feature.
            let extensions = response.extensions_mut();
            extensions.insert(tonic::codec::SingleMessageCompressionOverride::Disable);
        }
        if let Some(key) = key {
            response.metadata_mut().insert("x-initial", key.clone());
            response.trailers_mut().insert("x-trailing", key);
        }
        Ok(response)
    }

    async fn count(&self, request: Request<Note>, out: &mut Sender<Note>) -> Result<(), Status> {
        let note = request.into_inner();
        out.metadata_mut()
            .insert("x-initial", "count".parse().unwrap());
        for number in 0..note.number {
            out.send(Note {
                text: note.text.clone(),
                number,
            })
            .await?;
        }
        out.trailers_mut()
            .insert("x-trailing", "done".parse().unwrap());
        match note.text.as_str() {
            "fail" => Err(Status::aborted("after the last")),
            "panic" => panic!("asked to panic"),
            "hang" => std::future::pending().await,
            _ => Ok(()),
        }
    }

    async fn collect(&self, request: Request<Receiver<Note>>) -> Result<Response<Note>, Status> {
        let mut notes = request.into_inner();
        let mut all = Note::default();
        while let Some(note) = notes.message().await? {
            if note.text == "stop" {
                return Err(Status::out_of_range("told to stop"));
            }
            all.text.push_str(&note.text);
            all.number += 1;
        }
        Ok(Response::new(all))
    }

    async fn chat(
        &self,
        request: Request<Receiver<Note>>,
        out: &mut Sender<Note>,
    ) -> Result<(), Status> {
        let mut notes = request.into_inner();
        while let Some(note) = notes.message().await? {
            if note.text == "quit" {
                return Err(Status::resource_exhausted("quit"));
            }
            tokio::time::sleep(Duration::ZERO).await;
            out.send(note).await?;
        }
        Ok(())
    }
}
