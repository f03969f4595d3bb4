//! What a broker is started with.

use crate::Error;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// Options of a broker.
#[derive(Clone, Debug)]
pub struct Options {
    /// JVM heap, `-Xmx` syntax.
    pub heap: String,
    /// Directory for logs and configuration, kept afterwards; none: a temporary one, removed with the broker.
    pub dir: Option<PathBuf>,
    /// Records carry the broker's time instead of the producer's.
    pub log_append_time: bool,
    /// Largest record batch that the broker takes, bytes.
    pub message_max_bytes: u32,
    /// Compiles what runs often with the second compiler, too, as a broker in production does: worth it where it runs for many minutes.
    pub second_compiler: bool,
    /// Listeners with TLS and logins beside the plain one: [`Broker::secured`](crate::Broker::secured).
    #[cfg(feature = "secure")]
    pub secure: bool,
}

impl Options {
    /// Whether the second compiler is worth what it takes. Only that uses the processor's instructions for AES: without it a broker encrypts a fifth as fast.
    #[cfg(feature = "secure")]
    pub(crate) fn compiles_twice(&self) -> bool {
        self.second_compiler || self.secure
    }

    /// The same where no listener can have TLS.
    #[cfg(not(feature = "secure"))]
    pub(crate) fn compiles_twice(&self) -> bool {
        self.second_compiler
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            heap: "1g".to_owned(),
            dir: None,
            log_append_time: false,
            message_max_bytes: 8 << 20,
            second_compiler: false,
            #[cfg(feature = "secure")]
            secure: false,
        }
    }
}

/// Ports that are free now. Somebody else may take them before the broker does; it then fails to start and says so.
pub(crate) fn free_ports<const N: usize>() -> Result<[u16; N], Error> {
    let io = || Error::io("free port");
    // All are held at once, so that they differ.
    let held: Vec<_> = (0..N)
        .map(|_| TcpListener::bind(("127.0.0.1", 0)).map_err(io()))
        .collect::<Result<_, _>>()?;
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(&held) {
        *port = listener.local_addr().map_err(io())?.port();
    }
    Ok(ports)
}

/// What is added to the broker's plain listener.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    /// Name, protocol, port.
    pub others: Vec<(&'static str, &'static str, u16)>,
    /// What they need.
    pub properties: String,
}

/// Writes `server.properties` and `log4j2.properties` into `dir`. `ports` are the broker's and the controller's.
pub(crate) fn write(
    dir: &Path,
    options: &Options,
    ports: [u16; 2],
    listeners: &Listeners,
) -> Result<(), Error> {
    std::fs::create_dir_all(dir).map_err(Error::io(dir.display().to_string()))?;
    let put = |name: &str, text: String| {
        let path = dir.join(name);
        std::fs::write(&path, text).map_err(Error::io(path.display().to_string()))
    };
    put("server.properties", server(dir, options, ports, listeners))?;
    put("log4j2.properties", log4j(dir))
}

/// One node that is broker and controller. Internal topics have one replica and few partitions, so that it starts fast; groups
/// do not wait for members that might still come; topics are never made by accident.
fn server(
    dir: &Path,
    options: &Options,
    [port, controller_port]: [u16; 2],
    listeners: &Listeners,
) -> String {
    let others = |write: &dyn Fn(&str, &str, u16) -> String| -> String {
        listeners.others.iter().map(|(name, protocol, port)| write(name, protocol, *port)).collect()
    };
    let timestamps = if options.log_append_time { "LogAppendTime" } else { "CreateTime" };
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}{bound}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}{advertised}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT{protocols}
log.dirs={logs}
log.message.timestamp.type={timestamps}
message.max.bytes={max}
replica.fetch.max.bytes={max}
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=16777216
{more}",
        bound = others(&|name, _, port| format!(",{name}://127.0.0.1:{port}")),
        advertised = others(&|name, _, port| format!(",{name}://localhost:{port}")),
        protocols = others(&|name, protocol, _| format!(",{name}:{protocol}")),
        more = listeners.properties,
        logs = dir.join("logs").display(),
        max = options.message_max_bytes,
    )
}

fn log4j(dir: &Path) -> String {
    format!(
        "appender.file.type=File
appender.file.name=file
appender.file.fileName={}
appender.file.layout.type=PatternLayout
appender.file.layout.pattern=%d %p %c{{1}} %m%n
rootLogger.level=WARN
rootLogger.appenderRef.file.ref=file
",
        dir.join("broker.log").display()
    )
}
