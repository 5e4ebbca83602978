//! Each fault before a sink that speaks a protocol of its own.

use std::time::Duration;

use regex::Regex;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::fault::FaultKind;

const SOON: Duration = Duration::from_secs(10);

/// A sink that writes `got KEY` into its file and answers `ok`, behind the harness's port with this plan.
async fn sink(plan: SinkPlan) -> (Sink, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let deliveries = folder.path().join("deliveries");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let book = deliveries.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (reads, mut writes) = stream.into_split();
            let mut lines = BufReader::new(reads).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let so_far = std::fs::read_to_string(&book).unwrap_or_default();
                std::fs::write(&book, format!("{so_far}got {line}\n")).unwrap();
                let _ = writes.write_all(b"ok\n").await;
            }
        }
    });
    let pattern = Regex::new(r"^got (?<key>\S+)").unwrap();
    let sink = Sink::before(Theirs { port, deliveries, pattern }).await.unwrap();
    sink.set_plan(plan).await.unwrap();
    (sink, folder)
}

/// Sends a line and reads what is answered: nothing when the connection is closed.
async fn send(sink: &Sink, key: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(sink.address()).await?;
    stream.write_all(format!("{key} {{}}\n").as_bytes()).await?;
    let mut answer = [0; 8];
    let many = stream.read(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer[..many]).into_owned())
}

#[tokio::test]
async fn everything_passes_and_the_file_is_the_ledger() {
    let (sink, _folder) = sink(SinkPlan::healthy()).await;
    for key in ["a", "b", "a"] {
        assert_eq!(send(&sink, key).await.unwrap(), "ok\n");
    }
    let ledger = sink.ledger();
    assert_eq!(
        ledger.effective().filter_map(|delivery| delivery.key.as_deref()).collect::<Vec<_>>(),
        ["a", "b"]
    );
    assert!(ledger.deliveries()[2].duplicate && sink.events().is_empty());
}

#[tokio::test]
async fn a_reset_takes_nothing_and_strikes_its_key_alone() {
    let (sink, _folder) = sink(SinkPlan::key("bad", Toxic::Reset)).await;
    let error = send(&sink, "bad").await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(send(&sink, "good").await.unwrap(), "ok\n");
    let ledger = sink.ledger();
    assert_eq!(ledger.of_key("bad").filter(|delivery| delivery.accepted).count(), 0);
    assert_eq!(ledger.of_key("bad").count(), 1);
    assert_eq!(sink.events()[0].kind, FaultKind::Reset);
}

#[tokio::test]
async fn what_is_dropped_was_taken() {
    let (sink, _folder) = sink(SinkPlan::key("k", Toxic::AcceptThenDrop)).await;
    assert_eq!(send(&sink, "k").await.unwrap(), "");
    assert_eq!(sink.ledger().of_key("k").filter(|delivery| delivery.accepted).count(), 1);
}

#[tokio::test]
async fn what_is_never_answered_never_arrives() {
    let (sink, _folder) = sink(SinkPlan::key("k", Toxic::TimeOut)).await;
    let waited = tokio::time::timeout(Duration::from_millis(50), send(&sink, "k")).await;
    assert!(waited.is_err());
    assert!(sink.ledger().of_key("k").all(|delivery| !delivery.accepted));
}

#[tokio::test]
async fn an_answer_is_held_until_released() {
    let (sink, _folder) = sink(SinkPlan::keys_from("k", Toxic::Hold)).await;
    let held = async {
        sink.wait_held(1, SOON).await.unwrap();
        assert_eq!(sink.ledger().of_key("k-1").count(), 1);
        sink.release();
    };
    let (answer, ()) = tokio::join!(send(&sink, "k-1"), held);
    assert_eq!(answer.unwrap(), "ok\n");
}

#[tokio::test]
async fn refused_is_a_closed_port() {
    let (sink, _folder) = sink(SinkPlan::always(Toxic::Refused)).await;
    assert_eq!(send(&sink, "k").await.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
    sink.set_plan(SinkPlan::healthy()).await.unwrap();
    assert_eq!(send(&sink, "k").await.unwrap(), "ok\n");
}

#[tokio::test]
async fn whoever_has_said_his_last_meets_the_fault_too() {
    let (sink, _folder) = sink(SinkPlan::key("k", Toxic::AcceptThenDrop)).await;
    let said = async |key: &str| {
        let mut stream = TcpStream::connect(sink.address()).await.unwrap();
        stream.write_all(format!("{key}\n").as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    assert_eq!((said("k").await, said("other").await), (String::new(), "ok\n".to_owned()));
}
