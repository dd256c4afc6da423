//! Opens connections: DNS, an optional proxy, and TLS with the machine's certificates, within one time limit.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::meter::{Meter, Metered};
use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;

/// The most that a proxy's answer may hold, in bytes.
const PROXY_ANSWER: usize = 8 << 10;

type Pending<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// A server's name cannot be found.
#[derive(Debug, thiserror::Error)]
#[error("no address for that name")]
pub struct NoSuchName;

/// A proxy does not let us through.
#[derive(Debug, thiserror::Error)]
#[error("the proxy answered {0}")]
pub struct ProxyRefused(pub u16);

/// A stream of any sort.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Makes connections.
#[derive(Clone)]
pub struct Connector {
    tcp: HttpConnector<Names>,
    tls: TlsConnector,
    proxies: Arc<Matcher>,
    limit: Duration,
}

impl Connector {
    /// A connector that takes no longer than `limit` for one connection, and goes through `proxy` to `https` addresses.
    ///
    /// # Errors
    /// `Config` for a proxy that is none, `Local` without the machine's certificates.
    pub fn new(limit: Duration, proxy: Option<&str>) -> Result<Self, Failure> {
        let mut tcp = HttpConnector::new_with_resolver(Names(GaiResolver::new()));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(limit));
        Ok(Self { tcp, tls: TlsConnector::from(Arc::new(tls()?)), proxies: Arc::new(proxies(proxy)?), limit })
    }

    async fn connect(mut self, to: Uri) -> Result<Link, io::Error> {
        let is_secure = to.scheme() == Some(&Scheme::HTTPS);
        let host = to.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let proxy = self.proxies.intercept(&to).filter(|_| is_secure);
        let first = proxy.as_ref().map_or_else(|| to.clone(), |proxy| proxy.uri().clone());
        let meter = Meter::new();
        let tcp = Service::call(&mut self.tcp, first).await.map_err(io::Error::other)?.into_inner();
        let mut stream: Box<dyn Stream> = Box::new(Metered::new(tcp, meter.clone()));
        if let Some(proxy) = proxy {
            stream = self.through(&proxy, stream, &host, to.port_u16().unwrap_or(443)).await?;
        }
        if !is_secure {
            return Ok(Link { stream: TokioIo::new(stream), is_h2: false, meter });
        }
        let stream = self.secure(stream, &host, &[b"h2", b"http/1.1"]).await?;
        let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Link { stream: TokioIo::new(Box::new(stream)), is_h2, meter })
    }

    /// The stream through a proxy (RFC 9110 9.3.6).
    async fn through(
        &self,
        proxy: &Intercept,
        mut stream: Box<dyn Stream>,
        host: &str,
        port: u16,
    ) -> Result<Box<dyn Stream>, io::Error> {
        if proxy.uri().scheme() == Some(&Scheme::HTTPS) {
            stream = Box::new(self.secure(stream, proxy.uri().host().unwrap_or_default(), &[]).await?);
        }
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let mut asked = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        if let Some(login) = proxy.basic_auth().and_then(|login| login.to_str().ok()) {
            asked.extend(["Proxy-Authorization: ", login, "\r\n"]);
        }
        asked.push_str("\r\n");
        stream.write_all(asked.as_bytes()).await?;
        match status(&mut stream).await? {
            200..300 => Ok(stream),
            status => Err(io::Error::other(ProxyRefused(status))),
        }
    }

    async fn secure<S: Stream>(
        &self,
        stream: S,
        host: &str,
        protocols: &[&[u8]],
    ) -> Result<tokio_rustls::client::TlsStream<S>, io::Error> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        self.tls.clone().with_alpn(protocols).connect(name, stream).await
    }
}

impl Service<Uri> for Connector {
    type Response = Link;
    type Error = io::Error;
    type Future = Pending<Link, io::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let (limit, connecting) = (self.limit, self.clone().connect(to));
        Box::pin(
            async move { timeout(limit, connecting).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) },
        )
    }
}

/// A connection.
pub struct Link {
    stream: TokioIo<Box<dyn Stream>>,
    is_h2: bool,
    meter: Meter,
}

impl Connection for Link {
    fn connected(&self) -> Connected {
        let connected = Connected::new().extra(self.meter.clone());
        if self.is_h2 { connected.negotiated_h2() } else { connected }
    }
}

impl Read for Link {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl Write for Link {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Looks names up with the C library, and says of a failure that it was the name.
#[derive(Clone)]
struct Names(GaiResolver);

impl Service<Name> for Names {
    type Response = <GaiResolver as Service<Name>>::Response;
    type Error = NoSuchName;
    type Future = Pending<Self::Response, NoSuchName>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), NoSuchName>> {
        self.0.poll_ready(cx).map_err(|_| NoSuchName)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let found = self.0.call(name);
        Box::pin(async move { found.await.map_err(|_| NoSuchName) })
    }
}

fn tls() -> Result<ClientConfig, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(rustls::ConfigBuilder::with_platform_verifier);
    let config = config.map_err(|_| {
        Failure::new(ErrorKind::Local, "no HTTPS client can be made; are the system's CA certificates installed?")
    })?;
    Ok(config.with_no_client_auth())
}

/// Only `https` addresses go through a proxy: a plain HTTP proxy would see the secrets in addresses.
fn proxies(proxy: Option<&str>) -> Result<Matcher, Failure> {
    let Some(proxy) = proxy else { return Ok(Matcher::builder().build()) };
    let is_one = |uri: &Uri| uri.host().is_some() && matches!(uri.scheme_str(), None | Some("http" | "https"));
    if !proxy.parse::<Uri>().is_ok_and(|uri| is_one(&uri)) {
        return Err(Failure::new(ErrorKind::Config, "HTTPS_PROXY is not the address of a proxy"));
    }
    let exempt = ["NO_PROXY", "no_proxy"].into_iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
    Ok(Matcher::builder().https(proxy.to_owned()).no(exempt).build())
}

/// The status of a proxy's answer, whose head is read to its end.
async fn status(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<u16> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == PROXY_ANSWER {
            return Err(io::Error::other(ProxyRefused(0)));
        }
        head.push(stream.read_u8().await?);
    }
    let text = String::from_utf8_lossy(&head);
    Ok(text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0))
}
