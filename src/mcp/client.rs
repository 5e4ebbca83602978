//! The official SDK's client, on a child's standard input and output or over streamable HTTP.

use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ClientRequest, ListToolsRequest, PaginatedRequestParams,
    ServerResult,
};
use rmcp::service::{NotificationContext, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, RoleClient, ServiceError, ServiceExt};
use serde_json::{Map, Value};

use super::answer::Answer;
use super::http;
use crate::error::{Error, Result};
use crate::process::{Process, Scope};
use crate::worker::WorkerCommand;

/// A list of tools without end is cut here.
const MOST_PAGES: usize = 100;

/// A connected client, and the server that it started. Dropping it kills the server.
pub struct Client {
    service: RunningService<RoleClient, Listener>,
    process: Process,
    changes: Arc<AtomicU64>,
    patience: Duration,
}

/// A tool as the server lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its input schema (JSON Schema).
    pub schema: Value,
}

/// Counts what the server says about its list of tools.
struct Listener(Arc<AtomicU64>);

impl ClientHandler for Listener {
    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Client {
    /// Starts a server and initialises a session; every answer may take `patience`.
    ///
    /// # Errors
    /// When the server cannot be started, ends early or answers no initialisation, with its last lines.
    pub async fn start(scope: &Scope, command: &WorkerCommand, patience: Duration) -> Result<Self> {
        let changes = Arc::new(AtomicU64::new(0));
        let listener = Listener(Arc::clone(&changes));
        let (process, serving) = match &command.serves {
            Some(url) => {
                let process = command.start_alone(scope).await?;
                let config = StreamableHttpClientTransportConfig::with_uri(url.as_str());
                let transport = StreamableHttpClientTransport::with_client(http::client()?, config);
                (process, tokio::time::timeout(patience, listener.serve(transport)).await)
            }
            None => {
                let process = command.start_piped(scope).await?;
                let (Some(input), Some(output)) = (process.take_stdout(), process.take_stdin()) else {
                    return Err(Error::harness("a piped server has no pipes"));
                };
                (process, tokio::time::timeout(patience, listener.serve((input, output))).await)
            }
        };
        match serving {
            Ok(Ok(service)) => Ok(Self { service, process, changes, patience }),
            Ok(Err(error)) => {
                let _ = process.wait_exit(Duration::from_millis(100)).await?;
                Err(process.failure(&format!("let no MCP session come about ({error})")))
            }
            Err(_) => Err(process.failure("answered no MCP initialisation")),
        }
    }

    /// The server's process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// How often the server said that its list of tools changed.
    pub fn list_changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// Every page of the list of tools, asked for anew.
    ///
    /// # Errors
    /// When the server refuses or does not end its list within 100 pages.
    pub async fn tools(&self) -> Result<Vec<Listed>> {
        let (mut tools, mut cursor) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let params = PaginatedRequestParams::default().with_cursor(cursor);
            let request = ListToolsRequest {
                method: Default::default(),
                params: Some(params),
                extensions: Default::default(),
            };
            let asked = self.service.send_request(ClientRequest::ListToolsRequest(request));
            let page = match tokio::time::timeout(self.patience, asked).await {
                Ok(Ok(ServerResult::ListToolsResult(page))) => page,
                Ok(Ok(_)) => return Err(self.process.failure("answered tools/list with something else")),
                Ok(Err(error)) => return Err(self.process.failure(&format!("refused tools/list ({error})"))),
                Err(_) => return Err(self.process.failure("did not answer tools/list")),
            };
            tools.extend(page.tools.iter().map(|tool| Listed {
                name: tool.name.to_string(),
                schema: Value::Object(tool.input_schema.as_ref().clone()),
            }));
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => return Ok(tools),
            }
        }
        Err(self.process.failure(&format!("listed tools on more than {MOST_PAGES} pages")))
    }

    /// Calls a tool. Whatever comes of it is an observation.
    pub async fn call(&self, tool: &str, arguments: Map<String, Value>) -> Answer {
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let answered = tokio::time::timeout(self.patience, self.service.peer().call_tool_once(params)).await;
        match answered {
            Err(_) => Answer::Silence,
            Ok(Ok(CallToolResponse::Complete(result))) => Answer::of(&result),
            Ok(Ok(_)) => Answer::Result { is_error: None, text: "asks for more".into(), structured: None },
            Ok(Err(ServiceError::McpError(error))) => {
                Answer::Error { code: error.code.0.into(), message: error.message.to_string() }
            }
            Ok(Err(ServiceError::TransportClosed | ServiceError::TransportSend(_))) => Answer::Closed,
            Ok(Err(error)) => Answer::Error { code: 0, message: error.to_string() },
        }
    }

    /// Ends the session by closing the server's input; the wait status, or `None` when it had to be killed.
    ///
    /// # Errors
    /// When the system cannot tell how it ended.
    pub async fn close(self, deadline: Duration) -> Result<Option<ExitStatus>> {
        // How the SDK's own task ended says nothing about the server.
        let _ = self.service.cancel().await;
        let ended = self.process.wait_exit(deadline).await?;
        if ended.is_none() {
            self.process.kill_group().await?;
        }
        Ok(ended)
    }
}
