//! Each reason for an untrusted connection is named, with what to do about it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

const CALENDAR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260105T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/// What a server is like.
#[derive(Clone, Copy)]
struct Server {
    name: &'static str,
    certificate: Option<Certificate>,
    /// What it says without TLS.
    raw: &'static [u8],
}

#[derive(Clone, Copy)]
struct Certificate {
    host: &'static str,
    years: (i32, i32),
    issued: Issued,
}

/// Who issued a certificate.
#[derive(Clone, Copy)]
enum Issued {
    /// Somebody whom the machine knows.
    Known,
    Stranger,
    /// Somebody who has the name of one whom the machine knows.
    Namesake,
    /// Nobody: it is a server's own.
    Nobody,
    /// Nobody: it is an issuer's own.
    Itself,
}

const GOOD: Certificate = Certificate { host: "localhost", years: (2020, 2100), issued: Issued::Known };

/// A server, the scheme that it is asked by, and what is said of it.
const CASES: [(Server, &str, i32, &[&str]); 11] = [
    (secure("good", GOOD), "https", 0, &["1 event"]),
    (
        secure("unknown", Certificate { issued: Issued::Stranger, ..GOOD }),
        "https",
        1,
        &["an issuer that this machine does not trust", "update-ca-certificates"],
    ),
    (
        secure("namesake", Certificate { issued: Issued::Namesake, ..GOOD }),
        "https",
        1,
        &["an issuer that this machine does not trust"],
    ),
    (
        secure("alone", Certificate { issued: Issued::Nobody, ..GOOD }),
        "https",
        1,
        &["an issuer that this machine does not trust"],
    ),
    (
        secure("own", Certificate { issued: Issued::Itself, ..GOOD }),
        "https",
        1,
        &["self-signed", "Let that issuer sign"],
    ),
    (
        secure("other", Certificate { host: "example.com", ..GOOD }),
        "https",
        1,
        &["is for another name", "Use the host name"],
    ),
    (
        secure("expired", Certificate { years: (2020, 2021), ..GOOD }),
        "https",
        1,
        &["has expired", "has to renew the certificate"],
    ),
    (secure("early", Certificate { years: (2090, 2100), ..GOOD }), "https", 1, &["is not valid yet", "Set the clock"]),
    (
        Server { name: "plain", certificate: None, raw: b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" },
        "https",
        1,
        &["does not speak TLS", "plain http:"],
    ),
    (
        // An alert of TLS: protocol_version.
        Server { name: "old", certificate: None, raw: &[0x15, 3, 1, 0, 2, 2, 70] },
        "https",
        1,
        &["no version of TLS that is still safe"],
    ),
    (secure("backwards", GOOD), "http", 75, &["does not speak HTTP", "begin with https:"]),
];

const fn secure(name: &'static str, certificate: Certificate) -> Server {
    Server { name, certificate: Some(certificate), raw: b"" }
}

/// Whoever issues certificates here.
fn issuer(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn acceptor(certificate: Certificate, issuer: &CertifiedIssuer<'_, KeyPair>) -> TlsAcceptor {
    let mut params = CertificateParams::new(vec![certificate.host.to_owned()]).unwrap();
    params.not_before = date_time_ymd(certificate.years.0, 1, 1);
    params.not_after = date_time_ymd(certificate.years.1, 1, 1);
    let key = KeyPair::generate().unwrap();
    let signed = match certificate.issued {
        Issued::Known | Issued::Stranger | Issued::Namesake => params.signed_by(&key, issuer).unwrap(),
        Issued::Nobody => params.self_signed(&key).unwrap(),
        Issued::Itself => {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.self_signed(&key).unwrap()
        }
    };
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![signed.der().clone()], key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(server: Server, acceptor: Option<TlsAcceptor>, listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let Some(acceptor) = &acceptor else {
            let _ = stream.read(&mut [0; 512]).await;
            let _ = stream.write_all(server.raw).await;
            let _ = stream.shutdown().await;
            continue;
        };
        let Ok(mut stream) = acceptor.accept(stream).await else { continue };
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => break,
            }
        }
        let answer =
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{CALENDAR}", CALENDAR.len());
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    }
}

/// What the program says of a calendar at this address, and how it ends.
fn read(folder: &Path, account: &str, trusted: &Path) -> (i32, String) {
    let config = folder.join("config.toml");
    let data = folder.join("data");
    let text = format!("[owner]\naddresses = [\"me@example.com\"]\n{account}[paths]\ndata = \"{}\"\n", data.display());
    fs::write(&config, text).unwrap();
    let ended = Command::new(env!("CARGO_BIN_EXE_cadenced"))
        .arg("--config")
        .arg(&config)
        .args(["sync", "--full"])
        .env("SSL_CERT_FILE", trusted)
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    (ended.status.code().unwrap(), String::from_utf8([ended.stdout, ended.stderr].concat()).unwrap())
}

#[test]
fn each_failure_of_tls_has_its_own_words_and_a_way_out() {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (known, namesake, stranger) = (issuer("Known"), issuer("Known"), issuer("Stranger"));
    let trusted = folder.path().join("ca.pem");
    fs::write(&trusted, known.pem()).unwrap();
    for (server, scheme, code, words) in CASES {
        let acceptor = server.certificate.map(|one| match one.issued {
            Issued::Known => acceptor(one, &known),
            Issued::Namesake => acceptor(one, &namesake),
            Issued::Stranger | Issued::Nobody | Issued::Itself => acceptor(one, &stranger),
        });
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = runtime.spawn(serve(server, acceptor, listener));
        let feed = format!(
            "[[account]]\nname = \"a\"\n[[account.calendar]]\nname = \"b\"\nurl = \"{scheme}://localhost:{port}/x.ics\"\n"
        );
        let dav = format!(
            "[[account]]\nname = \"a\"\nkind = \"caldav\"\nserver = \"{scheme}://localhost:{port}/\"\nusername = \"me\"\n\
             password_command = [\"echo\", \"pw\"]\n[[account.calendar]]\nname = \"b\"\n"
        );
        // A calendar file is no CalDAV server.
        let accounts = if code == 0 { vec![feed] } else { vec![feed, dav] };
        for account in accounts {
            let (ended, said) = read(folder.path(), &account, &trusted);
            assert_eq!(ended, code, "{}: {said}", server.name);
            for word in words {
                assert!(said.contains(word), "{}: {word}: {said}", server.name);
            }
            assert!(!said.contains("localhost") && !said.contains(&port.to_string()), "{}: {said}", server.name);
        }
        serving.abort();
    }
}
