//! Sessions with any number of devices over one socket.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep_until;

use super::{Clock, RECEIVE_BUFFER, id_from_time};
use crate::session::Answered;
use crate::{CallError, Config, Event, Request, RequestId, Session};

/// Sessions with any number of devices over one UDP socket, driven by one task.
///
/// ```no_run
/// use miio_proto::transport::Client;
/// use miio_proto::{Config, Request, Token};
/// use serde_json::json;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let (client, mut events) = Client::bind("0.0.0.0:0").await?;
/// let token: Token = "00112233445566778899aabbccddeeff".parse()?;
/// let lamp = client.add("192.168.1.20:54321".parse()?, Config::new(token)).await;
/// match lamp.call(Request::new("get_prop", json!(["power"]))).await {
///     Ok(answer) => println!("{}", answer.result),
///     Err(error) => eprintln!("{error}. {}", error.help().unwrap_or_default()),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    orders: mpsc::UnboundedSender<Order>,
    address: SocketAddr,
}

/// One device of a [`Client`].
#[derive(Clone, Debug)]
pub struct Handle {
    orders: mpsc::UnboundedSender<Order>,
    device: SocketAddr,
}

/// An event that isn't the end of a call, and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionEvent {
    /// The device's address.
    pub device: SocketAddr,
    /// What happened.
    pub event: Event,
}

type Outcome = Result<Answered, CallError>;

enum Order {
    Add(SocketAddr, Box<Config>, oneshot::Sender<()>),
    Remove(SocketAddr),
    Call(SocketAddr, Request, oneshot::Sender<Outcome>),
    Answer(SocketAddr, i64, serde_json::Value),
    LastId(SocketAddr, oneshot::Sender<u32>),
}

impl Client {
    /// Binds a socket and starts the task. Events that aren't the end of a call come through the receiver; a full
    /// one (1024) loses them, a dropped one is fine.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub async fn bind(address: &str) -> io::Result<(Self, mpsc::Receiver<SessionEvent>)> {
        let socket = Arc::new(UdpSocket::bind(address).await?);
        let address = socket.local_addr()?;
        let (orders, inbox) = mpsc::unbounded_channel();
        let (sender, events) = mpsc::channel(1024);
        let driver = Driver {
            socket,
            clock: Clock::start(),
            sessions: HashMap::new(),
            timers: BTreeSet::new(),
            events: sender,
        };
        tokio::spawn(driver.run(inbox));
        Ok((Self { orders, address }, events))
    }

    /// The socket's own address.
    #[must_use]
    pub const fn local_address(&self) -> SocketAddr {
        self.address
    }

    /// Adds a device; one that was there is replaced. A [`Config::last_id`] of 0 becomes Unix time, so that ids
    /// grow from one run of the program to the next.
    pub async fn add(&self, device: SocketAddr, mut config: Config) -> Handle {
        if config.last_id == 0 {
            config.last_id = id_from_time();
        }
        let (done, added) = oneshot::channel();
        let _ = self.orders.send(Order::Add(device, Box::new(config), done));
        let _ = added.await;
        Handle {
            orders: self.orders.clone(),
            device,
        }
    }
}

impl Handle {
    /// The device's address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.device
    }

    /// Calls the device and waits for the end of the call.
    ///
    /// # Errors
    ///
    /// Why the call failed; [`CallError::Closed`] if the device was removed.
    pub async fn call(&self, request: Request) -> Outcome {
        let (done, outcome) = oneshot::channel();
        let _ = self.orders.send(Order::Call(self.device, request, done));
        outcome.await.unwrap_or(Err(CallError::Closed))
    }

    /// Answers a request of the device.
    pub fn answer(&self, id: i64, result: impl Into<serde_json::Value>) {
        let _ = self.orders.send(Order::Answer(self.device, id, result.into()));
    }

    /// The last message id, to be stored; `None` if the device was removed.
    pub async fn last_id(&self) -> Option<u32> {
        let (done, id) = oneshot::channel();
        let _ = self.orders.send(Order::LastId(self.device, done));
        id.await.ok()
    }

    /// Ends the session; its calls end with [`CallError::Closed`].
    pub fn remove(&self) {
        let _ = self.orders.send(Order::Remove(self.device));
    }
}

struct Driver {
    socket: Arc<UdpSocket>,
    clock: Clock,
    sessions: HashMap<SocketAddr, Entry>,
    timers: BTreeSet<(Duration, SocketAddr)>,
    events: mpsc::Sender<SessionEvent>,
}

struct Entry {
    session: Session,
    timer: Option<Duration>,
    waiting: Vec<(RequestId, oneshot::Sender<Outcome>)>,
}

impl Driver {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Order>) {
        let mut buffer = vec![0; RECEIVE_BUFFER];
        let socket = Arc::clone(&self.socket);
        loop {
            let next = self.timers.first().map(|(at, _)| self.clock.instant(*at));
            let due = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => core::future::pending().await,
                }
            };
            tokio::select! {
                order = inbox.recv() => match order {
                    Some(order) => self.obey(order).await,
                    None => break,
                },
                received = socket.recv_from(&mut buffer) => {
                    // Errors here are ICMP messages about single devices; their calls time out.
                    if let Ok((length, from)) = received
                        && let Some(entry) = self.sessions.get_mut(&from)
                    {
                        let datagram = buffer.get(..length).unwrap_or_default();
                        entry.session.handle_datagram(self.clock.now(), datagram);
                        self.drive(from).await;
                    }
                }
                () = due => self.wake().await,
            }
        }
    }

    async fn obey(&mut self, order: Order) {
        match order {
            Order::Add(device, config, done) => {
                self.remove(device);
                let session = Session::new(*config);
                let entry = Entry {
                    session,
                    timer: None,
                    waiting: Vec::new(),
                };
                self.sessions.insert(device, entry);
                let _ = done.send(());
                self.drive(device).await;
            }
            Order::Remove(device) => self.remove(device),
            Order::Call(device, request, done) => {
                let Some(entry) = self.sessions.get_mut(&device) else {
                    let _ = done.send(Err(CallError::Closed));
                    return;
                };
                // A caller that is gone takes its call back.
                let Entry { session, waiting, .. } = entry;
                waiting.retain(|(id, caller)| !caller.is_closed() || !session.cancel(*id));
                let id = session.call(request);
                waiting.push((id, done));
                self.drive(device).await;
            }
            Order::Answer(device, id, result) => {
                if let Some(entry) = self.sessions.get_mut(&device) {
                    entry.session.answer(id, result);
                    self.drive(device).await;
                }
            }
            Order::LastId(device, done) => {
                if let Some(entry) = self.sessions.get(&device) {
                    let _ = done.send(entry.session.last_id());
                }
            }
        }
    }

    /// Dropping the waiting ends tells their callers that the session is closed.
    fn remove(&mut self, device: SocketAddr) {
        if let Some(entry) = self.sessions.remove(&device)
            && let Some(at) = entry.timer
        {
            self.timers.remove(&(at, device));
        }
    }

    async fn wake(&mut self) {
        let now = self.clock.now();
        while let Some(&(at, device)) = self.timers.first()
            && at <= now
        {
            self.timers.pop_first();
            if let Some(entry) = self.sessions.get_mut(&device) {
                entry.timer = None;
                entry.session.handle_timeout(now);
            }
            self.drive(device).await;
        }
    }

    /// Polls a session until it has nothing left, and sets its timer.
    async fn drive(&mut self, device: SocketAddr) {
        let Some(entry) = self.sessions.get_mut(&device) else {
            return;
        };
        let now = self.clock.now();
        while let Some(transmit) = entry.session.poll_transmit(now) {
            // A datagram that can't be sent is a lost one.
            let _ = self.socket.send_to(&transmit.payload, device).await;
        }
        while let Some(event) = entry.session.poll_event() {
            let (request, outcome) = match event {
                Event::Answered(answered) => (answered.request, Ok(answered)),
                Event::Failed { request, error } => (request, Err(error)),
                event => {
                    let _ = self.events.try_send(SessionEvent { device, event });
                    continue;
                }
            };
            if let Some(index) = entry.waiting.iter().position(|(id, _)| *id == request) {
                let (_, done) = entry.waiting.swap_remove(index);
                let _ = done.send(outcome);
            }
        }
        if entry.waiting.is_empty() {
            entry.waiting = Vec::new();
        }
        let timer = entry.session.poll_timeout();
        if timer != entry.timer {
            if let Some(at) = entry.timer {
                self.timers.remove(&(at, device));
            }
            if let Some(at) = timer {
                self.timers.insert((at, device));
            }
            entry.timer = timer;
        }
    }
}
