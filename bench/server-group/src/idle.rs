//! The time until the command's first answer after its start, and its memory while it has no requests.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use harness::{Cores, Group, Result, Server, Side};

/// Nothing, unless `cargo xtask bench server` has said where the command is.
pub(crate) fn measure(group: &mut Group, cores: Cores) -> Result<()> {
    let Some(binary) = std::env::var_os("BENCH_GRANTOR").map(PathBuf::from) else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    // The first start makes keys and a database.
    drop(Server::start_program(
        |port| serve(&binary, &data, port),
        cores,
    )?);
    group.alone(
        Side {
            bench: "first_answer",
            measure: &mut || first_answer(&binary, &data),
        },
        "ms",
        Some(100.0),
    )?;
    group.alone(
        Side {
            bench: "idle_resident",
            measure: &mut || {
                let server = Server::start_program(|port| serve(&binary, &data, port), cores)?;
                ask_once(server.address().port())?;
                server.resident()
            },
        },
        "MiB",
        Some(20.0),
    )
}

/// The milliseconds from the start of the process to the end of its first answer.
fn first_answer(binary: &PathBuf, data: &PathBuf) -> Result<f64> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let began = Instant::now();
    let mut child = serve(binary, data, port)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let answered = loop {
        if ask_once(port).is_ok() {
            break Ok(began.elapsed());
        }
        if began.elapsed() > Duration::from_secs(30) || child.try_wait()?.is_some() {
            break Err("the command does not answer");
        }
        std::thread::sleep(Duration::from_micros(200));
    };
    child.kill()?;
    child.wait()?;
    Ok(answered?.as_secs_f64() * 1e3)
}

fn ask_once(port: u16) -> Result<()> {
    let stream = std::net::TcpStream::connect(("127.0.0.1", port))?;
    let path = "/.well-known/oauth-authorization-server";
    let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n");
    let (head, _) = harness::ask(&mut std::io::BufReader::new(stream), request.as_bytes())?;
    match head.starts_with("HTTP/1.1 200") {
        true => Ok(()),
        false => Err(head.into()),
    }
}

fn serve(binary: &PathBuf, data: &PathBuf, port: u16) -> Command {
    let mut command = Command::new(binary);
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
    // The records are of one issuer, wherever it listens.
    command.args(["--issuer", "https://id.example.com", "--data"]);
    command.arg(data);
    command
}
