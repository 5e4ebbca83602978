//! The HTTP door: GET with its ETag, edits with If-Match (RFC 9110, 13.1.1).

use std::time::Duration;

use reqwest::{Client, Method, Response, StatusCode, header, redirect};
use sor_gate::error::{Error, Result};
use sor_gate::subject::Service;
use sor_gate::template::{self, Values};

use super::door::{Reading, Written};

/// No answer takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Http<'a> {
    client: Client,
    /// Of the service, without a slash at its end.
    url: String,
    service: &'a Service,
}

impl<'a> Http<'a> {
    /// # Errors
    /// When the client cannot be made.
    pub fn new(url: &str, service: &'a Service) -> Result<Self> {
        let client =
            Client::builder().timeout(PATIENCE).redirect(redirect::Policy::none()).no_proxy().build();
        let client = client.map_err(|error| Error::harness(error.to_string()))?;
        Ok(Self { client, url: url.trim_end_matches('/').to_owned(), service })
    }

    pub async fn read(&self, id: &str) -> Result<Reading> {
        let place = self.place(id)?;
        let answer = self.client.get(&place).send().await.map_err(|error| no_answer(&error, &place))?;
        let (status, version) = (answer.status(), etag(&answer));
        let body: serde_json::Value = answer.json().await.map_err(|error| no_answer(&error, &place))?;
        let content = body.pointer(&self.service.content).and_then(serde_json::Value::as_str);
        match (status, version, content) {
            (StatusCode::OK, Some(version), Some(content)) => {
                Ok(Reading { version, content: content.to_owned() })
            }
            (status, version, content) => {
                let missing = match (version, content) {
                    (None, _) => "has no ETag",
                    (_, None) => "has no text at versions.service.content",
                    _ => "is no 200",
                };
                Err(Error::harness(format!("the answer {status} {missing}")).at(place))
            }
        }
    }

    pub async fn write(&self, id: &str, version: &str, text: &str) -> Result<Written> {
        let place = self.place(id)?;
        let method = Method::from_bytes(self.service.method.as_bytes());
        let method =
            method.map_err(|_| Error::usage("this is no method of HTTP").at("versions.service.method"))?;
        let body = template::fill(&self.service.body, &Values::new().with("id", id).with("text", text))?;
        let request = self.client.request(method, &place).header(header::IF_MATCH, version);
        let request = request.header(header::CONTENT_TYPE, &self.service.content_type).body(body);
        let answer = request.send().await.map_err(|error| no_answer(&error, &place))?;
        let (status, current) = (answer.status(), etag(&answer));
        // The connection is used again once the answer is read.
        let _ = answer.bytes().await;
        Ok(match status {
            StatusCode::PRECONDITION_FAILED => Written::Conflict(current),
            status if status.is_success() => Written::Done,
            status => Written::Other(format!("{status}")),
        })
    }

    fn place(&self, id: &str) -> Result<String> {
        Ok(format!("{}{}", self.url, template::fill(&self.service.path, &Values::new().with("id", id))?))
    }
}

fn etag(answer: &Response) -> Option<String> {
    answer.headers().get(header::ETAG)?.to_str().ok().map(str::to_owned)
}

fn no_answer(error: &reqwest::Error, place: &str) -> Error {
    Error::harness(format!("the service gave no answer that can be read: {error}")).at(place)
}
