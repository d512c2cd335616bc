//! Opening the user's browser.

use std::process::{Command, Stdio};

use url::Url;

/// Returns whether something says how to open a browser here.
pub(super) fn is_there() -> bool {
    commands().is_some()
}

/// Opens a page: by `$BROWSER`, whose commands are tried in their order, else by the desktop's own command.
/// Returns whether one was started.
pub(super) fn open(url: &Url) -> bool {
    let commands = commands();
    let commands = commands.iter().flat_map(|commands| commands.split(':'));
    commands
        .filter_map(|command| words(command, url.as_str()))
        .any(|(program, arguments)| start(&program, &arguments))
}

/// The commands to try, with colons between them.
fn commands() -> Option<String> {
    let set = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    match set("BROWSER") {
        Some(commands) => Some(commands),
        None if cfg!(target_os = "macos") => Some("open".to_owned()),
        // Without a display it would look for a browser in the terminal.
        None => set("DISPLAY")
            .or_else(|| set("WAYLAND_DISPLAY"))
            .map(|_| "xdg-open".to_owned()),
    }
}

/// The words of a command of `$BROWSER`, which has the URL where it says `%s`, or at its end.
fn words(command: &str, url: &str) -> Option<(String, Vec<String>)> {
    let mut words = command.split_whitespace().map(str::to_owned);
    let program = words.next()?;
    let mut arguments: Vec<String> = words.map(|word| word.replace("%s", url)).collect();
    if !command.contains("%s") {
        arguments.push(url.to_owned());
    }
    Some((program, arguments))
}

/// The browser outlives the command and says nothing into it.
fn start(program: &str, arguments: &[String]) -> bool {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // A Ctrl-C is for the command.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_goes_where_the_command_wants_it() {
        let url = "https://id.example/a?b=c d";
        for (command, expected) in [
            ("firefox", vec!["firefox", url]),
            ("firefox --new-tab", vec!["firefox", "--new-tab", url]),
            (
                "chromium --app=%s -x",
                vec!["chromium", &format!("--app={url}"), "-x"],
            ),
        ] {
            let (program, arguments) = words(command, url).unwrap();
            let all: Vec<String> = std::iter::once(program).chain(arguments).collect();
            assert_eq!(all, expected);
        }
        assert!(words(" ", url).is_none());
    }
}
