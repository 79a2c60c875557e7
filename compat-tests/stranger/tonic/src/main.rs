//! A program that calls itself over TCP, once a kind of call. Prints `ok KIND` for each that
//! came back right.
#![deny(warnings)]

mod acme {
    pub mod geo {
        pub mod v1 {
            tonic::include_proto!("acme.geo.v1");
        }
    }
    pub mod weather {
        pub mod v1 {
            tonic::include_proto!("acme.weather.v1");
        }
    }
}

use std::pin::Pin;

use acme::geo::v1::Place;
use acme::weather::v1::weather_service_client::WeatherServiceClient;
use acme::weather::v1::weather_service_server::{WeatherService, WeatherServiceServer};
use acme::weather::v1::{
    ConsultRequest, ConsultResponse, Forecast, GetForecastRequest, GetForecastResponse,
    ListDaysRequest, ListDaysResponse, ReportReadingsRequest, ReportReadingsResponse, Sky,
    forecast::Temperature,
};
use prost_types::Timestamp;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_stream::{Stream, StreamExt as _};
use tonic::transport::Server;
use tonic::{Code, Request, Response, Status, Streaming};

struct Weather;

fn forecast(place: Place, day: u32) -> Forecast {
    Forecast {
        place: Some(place),
        at: Some(Timestamp {
            seconds: i64::from(day) * 86_400,
            nanos: 0,
        }),
        sky: Sky::Clear.into(),
        temperature: Some(Temperature::Celsius(20.0 + f64::from(day))),
        winds: [("north".to_owned(), 3.5)].into(),
    }
}

#[tonic::async_trait]
impl WeatherService for Weather {
    type ListDaysStream = Pin<Box<dyn Stream<Item = Result<ListDaysResponse, Status>> + Send>>;
    type ConsultStream = Pin<Box<dyn Stream<Item = Result<ConsultResponse, Status>> + Send>>;

    async fn get_forecast(
        &self,
        request: Request<GetForecastRequest>,
    ) -> Result<Response<GetForecastResponse>, Status> {
        let place = request.into_inner().place;
        let place = place.ok_or_else(|| Status::invalid_argument("no place"))?;
        Ok(Response::new(GetForecastResponse {
            forecast: Some(forecast(place, 0)),
        }))
    }

    async fn list_days(
        &self,
        request: Request<ListDaysRequest>,
    ) -> Result<Response<Self::ListDaysStream>, Status> {
        let request = request.into_inner();
        let place = request.place.unwrap_or_default();
        let days = (0..request.days).map(move |day| {
            let forecast = Some(forecast(place.clone(), day));
            Ok(ListDaysResponse { forecast })
        });
        Ok(Response::new(Box::pin(tokio_stream::iter(days))))
    }

    async fn report_readings(
        &self,
        request: Request<Streaming<ReportReadingsRequest>>,
    ) -> Result<Response<ReportReadingsResponse>, Status> {
        let mut readings = request.into_inner();
        let (mut count, mut sum) = (0, 0.0);
        while let Some(reading) = readings.message().await? {
            count += 1;
            sum += reading.celsius;
        }
        let mean = sum / f64::from(count.max(1));
        Ok(Response::new(ReportReadingsResponse { count, mean }))
    }

    async fn consult(
        &self,
        request: Request<Streaming<ConsultRequest>>,
    ) -> Result<Response<Self::ConsultStream>, Status> {
        let answers = request.into_inner().map(|question| {
            let answer = question?.question.to_uppercase();
            Ok(ConsultResponse { answer })
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(
        Server::builder()
            .add_service(WeatherServiceServer::new(Weather))
            .serve_with_incoming(TcpListenerStream::new(listener)),
    );
    let mut client = WeatherServiceClient::connect(format!("http://{address}")).await?;
    let place = Place {
        name: "Ulm".to_owned(),
        latitude: 48.4,
        longitude: 10.0,
    };

    let request = GetForecastRequest {
        place: Some(place.clone()),
    };
    let answer = client.get_forecast(request).await?.into_inner();
    assert_eq!(answer.forecast, Some(forecast(place.clone(), 0)));
    println!("ok unary");

    let request = GetForecastRequest { place: None };
    let refused = client.get_forecast(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    println!("ok error");

    let request = ListDaysRequest {
        place: Some(place.clone()),
        days: 3,
    };
    let mut days = client.list_days(request).await?.into_inner();
    for day in 0..3 {
        let answer = days.message().await?.ok_or("too few days")?;
        assert_eq!(answer.forecast, Some(forecast(place.clone(), day)));
    }
    assert_eq!(days.message().await?, None);
    println!("ok server_streaming");

    let readings = [18.0, 20.0, 25.0].map(|celsius| ReportReadingsRequest { celsius });
    let summary = client.report_readings(tokio_stream::iter(readings)).await?;
    let summary = summary.into_inner();
    assert_eq!((summary.count, summary.mean), (3, 21.0));
    println!("ok client_streaming");

    let (questions, stream) = mpsc::channel(1);
    let question = "will it rain?".to_owned();
    questions.send(ConsultRequest { question }).await?;
    let answers = client.consult(ReceiverStream::new(stream)).await?;
    let mut answers = answers.into_inner();
    let answer = answers.message().await?.ok_or("no answer")?;
    assert_eq!(answer.answer, "WILL IT RAIN?");
    drop(questions);
    assert_eq!(answers.message().await?, None);
    println!("ok bidi_streaming");
    Ok(())
}
