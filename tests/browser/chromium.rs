//! Headless Chromium, spoken to by the DevTools protocol over a pipe.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine as _;
use serde_json::{Value, json};

pub struct Chromium {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: String,
    asked: u64,
    _home: tempfile::TempDir,
}

impl Chromium {
    /// Opens a page in a window of that width; `None` where there is no Chromium.
    pub fn open(page: &Path, width: u32) -> Option<Self> {
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let found = |name: &&str| Command::new(name).arg("--version").output().is_ok();
        let Some(name) = names.into_iter().find(found) else {
            let _ = writeln!(std::io::stderr(), "skipped: there is no Chromium; scripts/test.sh installs it");
            return None;
        };
        let home = tempfile::tempdir().unwrap();
        // Messages come and go on descriptors 3 and 4, each ended by a zero byte.
        let script = "exec \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null";
        let mut process = Command::new("sh")
            .args(["-c", script, "sh", name, "--headless=new", "--no-sandbox", "--disable-gpu"])
            .args(["--disable-dev-shm-usage", "--remote-debugging-pipe", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", home.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let to = process.stdin.take().unwrap();
        let from = BufReader::new(process.stdout.take().unwrap());
        let mut browser = Self { process, to, from, session: String::new(), asked: 0, _home: home };
        let target = browser.ask("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        browser.session = browser.ask("Target.attachToTarget", attach)["sessionId"].as_str().unwrap().into();
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        browser.ask("Emulation.setDeviceMetricsOverride", size);
        browser.ask("Network.enable", json!({}));
        browser.ask(
            "Network.emulateNetworkConditions",
            json!({ "offline": true, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0 }),
        );
        browser.ask("Page.enable", json!({}));
        browser.send("Page.navigate", &json!({ "url": format!("file://{}", page.display()) }));
        while browser.heard()["method"] != "Page.loadEventFired" {}
        Some(browser)
    }

    fn send(&mut self, method: &str, params: &Value) -> u64 {
        self.asked += 1;
        let mut message = json!({ "id": self.asked, "method": method, "params": params });
        if !self.session.is_empty() {
            message["sessionId"] = self.session.clone().into();
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        self.asked
    }

    fn heard(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.from.read_until(0, &mut bytes).unwrap();
        assert_eq!(bytes.pop(), Some(0), "Chromium ended");
        serde_json::from_slice(&bytes).unwrap()
    }

    /// Sends a command and waits for its answer.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, &params);
        loop {
            let heard = self.heard();
            if heard["id"] == id {
                assert!(heard["error"].is_null(), "{method}: {}", heard["error"]);
                return heard["result"].clone();
            }
        }
    }

    /// What an expression is, in the page.
    pub fn eval(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true });
        let answer = self.ask("Runtime.evaluate", asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Presses and lets go of a key, as a person does.
    pub fn press(&mut self, key: &str, code: u32) {
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            let event =
                json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
            self.ask("Input.dispatchKeyEvent", event);
        }
    }

    /// Clicks into the middle of an element.
    pub fn click(&mut self, selector: &str) {
        let at = self.eval(&format!(
            "(() => {{ const e = document.querySelector('{selector}'); e.scrollIntoView(); const r = e.getBoundingClientRect(); \
             return {{ x: r.x + r.width / 2, y: r.y + r.height / 2 }}; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({ "type": kind, "x": at["x"], "y": at["y"], "button": "left", "clickCount": 1 });
            self.ask("Input.dispatchMouseEvent", event);
        }
    }

    pub fn media(&mut self, feature: &str, value: &str) {
        self.ask("Emulation.setEmulatedMedia", json!({ "features": [{ "name": feature, "value": value }] }));
    }

    /// The page on paper.
    pub fn printed(&mut self) -> Vec<u8> {
        let answer = self.ask("Page.printToPDF", json!({ "printBackground": false }));
        decoded(&answer["data"])
    }

    /// The page as a picture (PNG), as far down as a picture may go.
    pub fn picture(&mut self) -> Vec<u8> {
        let size = self
            .eval("({ width: innerWidth, height: Math.min(document.documentElement.scrollHeight, 8000) })");
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        decoded(
            &self.ask("Page.captureScreenshot", json!({ "captureBeyondViewport": true, "clip": clip }))["data"],
        )
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.send("Browser.close", &json!({}));
        let _ = self.process.wait();
    }
}

fn decoded(text: &Value) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap()).unwrap()
}
