//! A fake cloud on a port of this machine. The bridge's simulated home uses this module too.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use xiaomi_cloud::server::Cloud;

/// Serves a cloud on loopback; port 0 takes a free one. Aborting the task ends it with all its connections.
pub(crate) async fn serve_cloud(
    cloud: Arc<Mutex<Cloud>>,
    port: u16,
) -> io::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let cloud = Arc::clone(&cloud);
            let service = service_fn(move |request| answer(Arc::clone(&cloud), request));
            connections.spawn(async move {
                // A client that goes away is none of the cloud's business.
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
            while connections.try_join_next().is_some() {}
        }
    });
    Ok((address, task))
}

async fn answer(
    cloud: Arc<Mutex<Cloud>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, 1 << 20)
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes);
    let request = Request::from_parts(parts, body.unwrap_or_default());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut cloud = cloud.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(cloud.handle(now, &request).map(Full::new))
}
