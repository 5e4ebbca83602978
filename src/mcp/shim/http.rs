//! The man in the middle of streamable HTTP: he listens where the server would, and asks the server behind him.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::{Meddling, Shim};
use crate::mcp::http;
use crate::process;

/// Headers that belong to the session; the others are the connection's.
const PASSED: [&str; 5] =
    ["content-type", "accept", "mcp-session-id", "mcp-protocol-version", "last-event-id"];
const EVENTS: &str = "text/event-stream";

struct Middle {
    shim: Arc<Shim>,
    inner: String,
    client: reqwest::Client,
    end: Notify,
}

/// Starts the server at `inner` and serves at `port` until it is told to stop.
pub(super) async fn run(
    shim: Arc<Shim>,
    port: &str,
    inner: &str,
    server: &[String],
) -> std::io::Result<ExitCode> {
    let invalid = || std::io::Error::from(std::io::ErrorKind::InvalidInput);
    let (program, args) = server.split_first().ok_or_else(invalid)?;
    let mut child = process::beside(program, args)?;
    let url = reqwest::Url::parse(inner).map_err(|_| invalid())?;
    let behind = ("127.0.0.1", url.port_or_known_default().ok_or_else(invalid)?);
    while TcpStream::connect(behind).await.is_err() {
        if child.try_wait()?.is_some() {
            return Ok(ExitCode::FAILURE);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let listener = TcpListener::bind(("127.0.0.1", port.parse::<u16>().map_err(|_| invalid())?)).await?;
    let client = http::client().map_err(|error| std::io::Error::other(error.to_string()))?;
    let middle = Arc::new(Middle { shim, inner: inner.to_owned(), client, end: Notify::new() });
    // What is too long is for the server to say.
    let app = Router::new().fallback(pass).layer(DefaultBodyLimit::disable()).with_state(Arc::clone(&middle));
    tokio::select! {
        served = async { axum::serve(listener, app).await } => served?,
        () = middle.end.notified() => return Ok(ExitCode::FAILURE),
        _ = child.wait() => {}
    }
    Ok(ExitCode::SUCCESS)
}

async fn pass(
    State(middle): State<Arc<Middle>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    middle.pass(method, headers, body).await.unwrap_or_else(|_| {
        let mut gone = Response::new(Body::empty());
        *gone.status_mut() = StatusCode::BAD_GATEWAY;
        gone
    })
}

impl Middle {
    async fn pass(&self, method: Method, headers: HeaderMap, body: Bytes) -> reqwest::Result<Response> {
        if method != Method::POST {
            return Ok(answer(self.ask(method, &headers, body).await?, None).await);
        }
        let Ok(mut message) = serde_json::from_slice::<Value>(&body) else {
            if self.shim.meddling == Meddling::DiesOnGarbage {
                self.end.notify_one();
            }
            return Ok(answer(self.ask(method, &headers, body).await?, None).await);
        };
        let looked = self.shim.request(&mut message).await;
        match (looked.kept, looked.said.is_empty()) {
            (true, true) => std::future::pending().await,
            (true, false) => Ok(told(&looked.said, StatusCode::OK, HeaderMap::new())),
            (false, _) => {
                let asked = self.ask(method, &headers, message.to_string().into()).await?;
                Ok(answer(asked, Some((&self.shim, looked.said))).await)
            }
        }
    }

    async fn ask(
        &self,
        method: Method,
        headers: &HeaderMap,
        body: Bytes,
    ) -> reqwest::Result<reqwest::Response> {
        let mut request = self.client.request(method, &self.inner).body(body);
        for name in PASSED {
            for value in headers.get_all(name) {
                request = request.header(name, value);
            }
        }
        request.send().await
    }
}

/// The server's answer: passed on as it comes, or with its messages spoilt and others before them.
async fn answer(from: reqwest::Response, spoilt: Option<(&Shim, Vec<Value>)>) -> Response {
    let (status, mut headers) = (from.status(), HeaderMap::new());
    for name in PASSED {
        if let Some(value) = from.headers().get(name) {
            headers.insert(name, value.clone());
        }
    }
    let Some((shim, mut messages)) = spoilt else {
        let mut passed = Response::new(Body::from_stream(from.bytes_stream()));
        (*passed.status_mut(), *passed.headers_mut()) = (status, headers);
        return passed;
    };
    let text = from.text().await.unwrap_or_default();
    let lines = text.lines().map(|line| line.strip_prefix("data:").unwrap_or(line));
    let whole = serde_json::from_str::<Value>(&text).ok();
    let found: Vec<Value> = match whole {
        Some(whole) => vec![whole],
        None => lines.filter_map(|line| serde_json::from_str(line).ok()).filter(Value::is_object).collect(),
    };
    if found.is_empty() && messages.is_empty() {
        let mut passed = Response::new(Body::from(text));
        (*passed.status_mut(), *passed.headers_mut()) = (status, headers);
        return passed;
    }
    messages.extend(found.into_iter().map(|mut message| {
        shim.response(&mut message);
        message
    }));
    told(&messages, status, headers)
}

/// Messages as one answer: alone as JSON, several as events.
fn told(messages: &[Value], status: StatusCode, mut headers: HeaderMap) -> Response {
    let (kind, body) = match messages {
        [only] => ("application/json", only.to_string()),
        all => {
            let event = |message: &Value| format!("event: message\ndata: {message}\n\n");
            (EVENTS, all.iter().map(event).collect())
        }
    };
    headers.insert(CONTENT_TYPE, axum::http::HeaderValue::from_static(kind));
    let mut told = Response::new(Body::from(body));
    (*told.status_mut(), *told.headers_mut()) = (status, headers);
    told
}
