//! Each toxic against a real HTTP client.

use std::error::Error as _;
use std::io;
use std::time::{Duration, Instant};

use reqwest::{Client, Response};

use super::*;
use crate::fault::FaultKind;

const SOON: Duration = Duration::from_secs(10);

async fn sink(plan: SinkPlan) -> Sink {
    let sink = Sink::start(KeyFrom::default()).await.unwrap();
    sink.set_plan(plan).await.unwrap();
    sink
}

async fn post(sink: &Sink, key: &str) -> reqwest::Result<Response> {
    let url = format!("{}/hooks/1?x=y", sink.url());
    Client::new().post(url).header("idempotency-key", key).body("{\"n\":1}").send().await
}

fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        cause = inner.source();
    }
    None
}

#[tokio::test]
async fn a_healthy_sink_takes_and_tells_duplicates() {
    let sink = sink(SinkPlan::healthy()).await;
    assert_eq!(post(&sink, "k").await.unwrap().status(), 200);
    assert!(post(&sink, "k").await.unwrap().text().await.unwrap().contains("duplicate"));
    let deliveries = sink.wait_deliveries(2, SOON).await.unwrap();
    assert_eq!(deliveries[0].path, "/hooks/1?x=y");
    assert_eq!(deliveries[0].body, "{\"n\":1}");
    assert_eq!(deliveries[1].status, Some(200));
    assert_eq!(sink.ledger().effective().count(), 1);
    assert!(sink.events().is_empty());
}

#[tokio::test]
async fn the_key_may_stand_in_the_body() {
    let sink = Sink::start(KeyFrom::Pointer("/event/id".into())).await.unwrap();
    for body in [r#"{"event":{"id":"e1"}}"#, r#"{"event":{"id":7}}"#, r#"{"event":{}}"#, "no json"] {
        Client::new().put(sink.url()).body(body).send().await.unwrap();
    }
    let keys: Vec<_> = sink.deliveries().into_iter().map(|delivery| delivery.key).collect();
    assert_eq!(keys, [Some("e1".into()), Some("7".into()), None, None]);
}

#[tokio::test]
async fn refused_is_a_closed_port_until_opened_again() {
    let sink = sink(SinkPlan::healthy()).await;
    for round in 0..3 {
        sink.set_plan(SinkPlan::always(Toxic::Refused)).await.unwrap();
        let error = post(&sink, "k").await.unwrap_err();
        assert_eq!(io_kind(&error), Some(io::ErrorKind::ConnectionRefused), "{error:?}");
        assert_eq!(sink.events().len(), round + 1);
        sink.set_plan(SinkPlan::healthy()).await.unwrap();
        assert_eq!(post(&sink, "k").await.unwrap().status(), 200);
    }
    assert_eq!(sink.deliveries().len(), 3);
    assert_eq!(sink.events()[0].kind, FaultKind::Refused);
}

#[tokio::test]
async fn reset_is_a_real_reset_and_takes_nothing() {
    let sink = sink(SinkPlan::next(1, Toxic::Reset)).await;
    let error = post(&sink, "k").await.unwrap_err();
    assert_eq!(io_kind(&error), Some(io::ErrorKind::ConnectionReset), "{error:?}");
    assert_eq!(post(&sink, "k").await.unwrap().status(), 200);
    let deliveries = sink.deliveries();
    assert_eq!((deliveries[0].accepted, deliveries[0].status), (false, None));
    assert_eq!((deliveries[1].accepted, deliveries[1].duplicate), (true, false));
}

#[tokio::test]
async fn time_out_never_answers() {
    let sink = sink(SinkPlan::always(Toxic::TimeOut)).await;
    let impatient = Client::builder().timeout(Duration::from_millis(150)).build().unwrap();
    let error = impatient.post(sink.url()).send().await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(sink.deliveries()[0].fault, Some(FaultKind::TimeOut));
    assert!(!sink.deliveries()[0].accepted);
}

#[tokio::test]
async fn accept_then_drop_takes_effect_unanswered() {
    let sink = sink(SinkPlan::next(1, Toxic::AcceptThenDrop)).await;
    assert!(post(&sink, "k").await.is_err());
    assert_eq!(post(&sink, "k").await.unwrap().status(), 200);
    let ledger = sink.ledger();
    assert_eq!(ledger.sent_per_key()["k"], 2);
    assert_eq!(ledger.effective().map(|delivery| delivery.seq).collect::<Vec<_>>(), [0]);
}

#[tokio::test]
async fn a_status_may_follow_a_key() {
    let sink = sink(SinkPlan::key("poison", Toxic::Status(500))).await;
    assert_eq!(post(&sink, "poison").await.unwrap().status(), 500);
    assert_eq!(post(&sink, "other").await.unwrap().status(), 200);
    assert_eq!(post(&sink, "poison").await.unwrap().status(), 500);
    assert_eq!(sink.ledger().effective().count(), 1);
    assert_eq!(sink.events().len(), 2);
}

#[tokio::test]
async fn held_until_released_or_until_the_client_dies() {
    let sink = sink(SinkPlan::next(2, Toxic::Hold)).await;
    let url = sink.url();
    let send =
        |key: &'static str| tokio::spawn(Client::new().post(&url).header("Idempotency-Key", key).send());
    let killed = send("k");
    sink.wait_held(1, SOON).await.unwrap();
    killed.abort();
    sink.wait(SOON, "nothing held", |state| state.held == 0).await.unwrap();
    assert_eq!((sink.deliveries()[0].accepted, sink.deliveries()[0].status), (true, None));

    let patient = send("k");
    sink.wait_held(1, SOON).await.unwrap();
    assert!(!patient.is_finished());
    sink.release();
    assert_eq!(patient.await.unwrap().unwrap().status(), 200);
    assert_eq!(sink.deliveries()[1].status, Some(200));
    assert!(sink.deliveries()[1].duplicate);
}

#[tokio::test]
async fn a_delay_answers_late() {
    let late = Duration::from_millis(80);
    let sink = sink(SinkPlan::next(1, Toxic::Delay(late))).await;
    let start = Instant::now();
    assert_eq!(post(&sink, "k").await.unwrap().status(), 200);
    assert!(start.elapsed() >= late);
}

#[tokio::test]
async fn a_wait_in_vain_says_what_came() {
    let sink = sink(SinkPlan::healthy()).await;
    let error = sink.wait_deliveries(1, Duration::from_millis(20)).await.unwrap_err();
    assert!(error.to_string().contains("0 arrived, 0 held"), "{error}");
}

#[tokio::test]
async fn dropping_it_closes_the_port() {
    let sink = sink(SinkPlan::healthy()).await;
    let address = sink.address();
    drop(sink);
    let refused = async {
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, refused).await.unwrap();
}
