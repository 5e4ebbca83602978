//! One connection to the sink: read a request, enter it in the ledger, let its fault happen.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::plan::Arrival;
use super::{Delivery, KeyFrom, Shared, Toxic};
use crate::fault::FaultEvent;

/// Longer bodies are refused with 413 and not entered.
const BODY_LIMIT: usize = 64 << 20;

/// How a connection is cut beneath HTTP.
#[derive(Debug, Clone, Copy)]
enum Cut {
    Reset,
    Close,
}

/// Serves one request on the connection. One only, so that each delivery meets the port as the plan has it.
pub(super) async fn connection(stream: TcpStream, shared: Arc<Shared>, key_from: KeyFrom) {
    let (cut, mut cuts) = mpsc::channel(1);
    let service = service_fn(move |request| {
        let (shared, key_from, cut) = (Arc::clone(&shared), key_from.clone(), cut.clone());
        async move { Ok::<_, Infallible>(take(request, &key_from, &shared, &cut).await) }
    });
    let mut http = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // A client that went away ends its own connection and nothing else.
        _ = &mut http => {}
        Some(how) = cuts.recv() => {
            let mut stream = http.into_parts().io.into_inner();
            if matches!(how, Cut::Reset) {
                let _ = stream.write_all(b"HTTP/1.1 ").await;
                let _ = stream.set_zero_linger();
            }
        }
    }
}

async fn take(
    request: Request<Incoming>,
    key_from: &KeyFrom,
    shared: &Shared,
    cut: &mpsc::Sender<Cut>,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_LIMIT).collect().await.map(|body| body.to_bytes()) else {
        return answer(413, "the body is too long or did not arrive");
    };
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let key = key(key_from, &head.headers, &body);
    let (seq, duplicate, toxic) = enter(shared, head.method.as_str(), &path, key, &body);
    let status = match toxic {
        None => 200,
        Some(Toxic::Status(status)) => status,
        Some(Toxic::Delay(late)) => {
            tokio::time::sleep(late).await;
            200
        }
        Some(Toxic::Hold) => {
            hold(shared).await;
            200
        }
        Some(Toxic::Reset) => never(cut, Some(Cut::Reset)).await,
        Some(Toxic::AcceptThenDrop) => never(cut, Some(Cut::Close)).await,
        // Met only by a connection that was taken just before the port closed.
        Some(Toxic::Refused) => never(cut, Some(Cut::Close)).await,
        Some(Toxic::TimeOut) => never(cut, None).await,
    };
    shared.change(|state| state.ledger.answered(seq, status));
    answer(status, if duplicate { "duplicate" } else { "taken" })
}

fn enter(
    shared: &Shared,
    method: &str,
    path: &str,
    key: Option<String>,
    body: &Bytes,
) -> (usize, bool, Option<Toxic>) {
    shared.change(|state| {
        let toxic = state.plan.strike(&Arrival { method, path, key: key.as_deref(), body });
        let (seq, duplicate) = state.ledger.enter(Delivery {
            method: method.into(),
            path: path.into(),
            body: String::from_utf8_lossy(body).into_owned(),
            accepted: toxic.is_none_or(Toxic::accepts),
            fault: toxic.map(Toxic::kind),
            ..Delivery::of(key.clone())
        });
        if let Some(toxic) = toxic {
            let key = key.as_deref().unwrap_or("none");
            let detail = format!("{toxic:?} met delivery {seq}: {method} {path}, key {key}");
            state.events.push(FaultEvent::now(toxic.kind(), detail));
        }
        (seq, duplicate, toxic)
    })
}

/// Cuts the connection, or leaves it open; the client going away drops this future.
async fn never(cut: &mpsc::Sender<Cut>, how: Option<Cut>) -> u16 {
    if let Some(how) = how {
        // The receiver lives as long as the connection that polls this.
        let _ = cut.send(how).await;
    }
    std::future::pending().await
}

/// Waits for the release; counts as held until then, or until the client goes away.
pub(super) async fn hold(shared: &Shared) {
    struct Held<'a>(&'a Shared);
    impl Drop for Held<'_> {
        fn drop(&mut self) {
            self.0.change(|state| state.held -= 1);
        }
    }
    let mut released = shared.released.subscribe();
    shared.change(|state| state.held += 1);
    let _held = Held(shared);
    // The sender is in `shared`, so it cannot be gone.
    let _ = released.changed().await;
}

fn key(from: &KeyFrom, headers: &hyper::HeaderMap, body: &[u8]) -> Option<String> {
    match from {
        KeyFrom::Header(name) => {
            headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        }
        KeyFrom::Pointer(pointer) => {
            let body: serde_json::Value = serde_json::from_slice(body).ok()?;
            match body.pointer(pointer)? {
                serde_json::Value::Null => None,
                serde_json::Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            }
        }
    }
}

fn answer(status: u16, outcome: &str) -> Response<Full<Bytes>> {
    let body = serde_json::json!({ "outcome": if status < 400 { outcome } else { "refused" } });
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
    response
}
