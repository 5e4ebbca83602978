//! The service's port: reads and writes over HTTP.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Method, redirect};
use sor_gate::error::{Error, Result};
use sor_gate::subject::Cache;
use sor_gate::template::{self, Values};

/// No answer takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a caller was told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status; 0 when there was no answer.
    pub status: u16,
    /// The value, where it was a good one.
    pub value: Option<String>,
}

impl Answer {
    pub fn is(&self, value: &str) -> bool {
        self.value.as_deref() == Some(value)
    }

    pub fn done(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn tell(&self) -> String {
        match (&self.value, self.status) {
            (Some(value), status) => format!("{status} `{value}`"),
            (None, 0) => "no answer".into(),
            (None, status) => status.to_string(),
        }
    }
}

pub struct Http<'a> {
    client: Client,
    url: String,
    binding: &'a Cache,
}

impl<'a> Http<'a> {
    /// # Errors
    /// When the client cannot be made.
    pub fn new(url: String, binding: &'a Cache) -> Result<Self> {
        let client = Client::builder().timeout(PATIENCE).redirect(redirect::Policy::none()).no_proxy();
        let client = client.build().map_err(|error| Error::harness(error.to_string()))?;
        Ok(Self { client, url, binding })
    }

    pub async fn read(&self, key: &str) -> Result<Answer> {
        let Ok(answer) = self.client.get(self.place(&self.binding.read.path, key)?).send().await else {
            return Ok(Answer::default());
        };
        let status = answer.status().as_u16();
        let Ok(body) = answer.text().await else { return Ok(Answer::default()) };
        let value = match &self.binding.read.value {
            _ if !(200..300).contains(&status) => None,
            None => Some(body),
            Some(pointer) => {
                let json: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
                json.pointer(pointer).and_then(|value| match value {
                    serde_json::Value::String(text) => Some(text.clone()),
                    serde_json::Value::Null => None,
                    other => Some(other.to_string()),
                })
            }
        };
        Ok(Answer { status, value })
    }

    pub async fn write(&self, key: &str, value: &str) -> Result<Answer> {
        let write = &self.binding.write;
        let method = Method::from_bytes(write.method.as_bytes())
            .map_err(|_| Error::usage("this is no method of HTTP").at("cache.write.method"))?;
        let json = write.content_type.contains("json");
        let escaped = |text: &str| if json { json_inner(text) } else { text.to_owned() };
        let values = Values::new().with("key", escaped(key)).with("value", escaped(value));
        let body = template::fill(&write.body, &values)?;
        let request = self.client.request(method, self.place(&write.path, key)?);
        let request = request.header("content-type", &write.content_type).body(body);
        let Ok(answer) = request.send().await else { return Ok(Answer::default()) };
        let status = answer.status().as_u16();
        // The connection is used again once the answer is read.
        let _ = answer.bytes().await;
        Ok(Answer { status, value: None })
    }

    fn place(&self, path: &str, key: &str) -> Result<String> {
        let key = utf8_percent_encode(key, NON_ALPHANUMERIC).to_string();
        Ok(format!("{}{}", self.url, template::fill(path, &Values::new().with("key", key))?))
    }
}

/// A text as it stands between the quotes of a JSON string.
fn json_inner(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
