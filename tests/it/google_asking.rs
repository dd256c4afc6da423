//! A client for tests of the fake itself: plain requests and unprocessed answers.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use serde_json::Value;

/// One who asks the API with a token.
pub struct Asking {
    base: String,
    token: String,
    client: reqwest::Client,
}

/// One answer.
#[derive(Debug)]
pub struct Told {
    pub code: u16,
    pub headers: HeaderMap,
    /// The body as JSON; null where it is none.
    pub body: Value,
}

impl Told {
    /// The reason of an error.
    pub fn reason(&self) -> &str {
        self.body["error"]["errors"][0]["reason"].as_str().unwrap_or_default()
    }

    pub fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_default().to_owned()
    }

    pub fn items(&self) -> &[Value] {
        self.body["items"].as_array().map_or(&[], Vec::as_slice)
    }
}

impl Asking {
    pub fn new(base: &str, token: &str) -> Self {
        // Plain HTTP needs no cryptography, and the client wants some anyway.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().gzip(true).redirect(Policy::none()).build().unwrap();
        Self { base: base.to_owned(), token: token.to_owned(), client }
    }

    /// Asks for a path below `/calendar/v3`; an error where no answer came.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Option<&Value>,
    ) -> Result<Told, reqwest::Error> {
        let address = format!("{}/calendar/v3{path}", self.base);
        let mut request = self.client.request(method.parse().unwrap(), address).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        told(request.send().await?).await
    }

    pub async fn get(&self, path: &str) -> Told {
        self.ask("GET", path, &[], None).await.unwrap()
    }

    pub async fn send(&self, method: &str, path: &str, body: &Value) -> Told {
        self.ask(method, path, &[], Some(body)).await.unwrap()
    }

    /// Sends only where the etag still holds.
    pub async fn send_if(&self, method: &str, path: &str, etag: &str, body: &Value) -> Told {
        self.ask(method, path, &[("if-match", etag)], Some(body)).await.unwrap()
    }

    /// Sends a form to a path of the server, such as `/token`.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Told {
        let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(format!("{}{path}", self.base));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        told(request.send().await.unwrap()).await.unwrap()
    }

    /// Opens an address of the server as a browser does; redirects are shown, not followed.
    pub async fn open(&self, path: &str, query: &[(&str, &str)]) -> Told {
        let mut address = url::Url::parse(&format!("{}{path}", self.base)).unwrap();
        address.query_pairs_mut().extend_pairs(query);
        told(self.client.get(address).send().await.unwrap()).await.unwrap()
    }
}

async fn told(answer: reqwest::Response) -> Result<Told, reqwest::Error> {
    let (code, headers) = (answer.status().as_u16(), answer.headers().clone());
    let bytes = answer.bytes().await?;
    Ok(Told { code, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
}
