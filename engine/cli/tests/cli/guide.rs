//! The guide and the reference of the language, `config/journeys/*.md`, are true: their examples load, and a newcomer's session gives what is written.
//!
//! `CARTWHEEL_UPDATE_GUIDE=1` writes what the session gives now into the guide.

use super::shipped;
use cartwheel_core::journey::load::{SourceFile, Sources, check_declared};
use cartwheel_core::policy::Policy;
use std::path::Path;
use std::process::Command;

/// A fenced block: its language, its lines, and where these begin among the lines of the page.
struct Block<'p> {
    language: &'p str,
    lines: Vec<&'p str>,
    from: usize,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut open = false;
    for (number, line) in page.lines().enumerate() {
        match (open, line.strip_prefix("```")) {
            (false, Some(language)) => {
                blocks.push(Block { language, lines: Vec::new(), from: number + 1 });
                open = true;
            }
            (true, Some(_)) => open = false,
            (true, None) => blocks.last_mut().unwrap().lines.push(line),
            (false, None) => {}
        }
    }
    assert!(!open, "a block is not closed");
    blocks
}

fn page(name: &str) -> String {
    std::fs::read_to_string(shipped().join("journeys").join(name)).unwrap()
}

fn source(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.into(), text: text.into() }
}

/// What the loader says of a block: each is a whole file, told by its keys. A journey reads the facts of the block above it, else those that ship.
fn problems(block: &str, facts: &str) -> Vec<String> {
    let has = |key: &str| block.lines().any(|line| line.starts_with(key));
    let minimal = "journey: minimal\ntrigger: { event: cart_updated }\nsteps:\n  - { send: a, channels: [email] }\n";
    let shipped = |file: &str| std::fs::read_to_string(shipped().join(file)).unwrap();
    let mut policy = Policy::default();
    let (mut journey, mut all_facts, mut events) =
        (minimal.to_owned(), facts.to_owned(), shipped("events.yaml"));
    if has("policy:") {
        let settings: serde_json::Value = serde_saphyr::from_str(block).unwrap();
        policy = serde_json::from_value(settings["policy"].clone()).unwrap();
    } else if has("journey:") {
        journey = block.to_owned();
    } else if has("facts:") || has("segments:") {
        all_facts = block.to_owned();
    } else if has("events:") || has("profile:") {
        events = block.to_owned();
        all_facts = "facts:\n  orders: { count: order_placed }\n".to_owned();
    } else {
        return vec![format!("what file is this?\n{block}")];
    }
    let journeys = [source("journey.yaml", &journey)];
    let facts = source("facts.yaml", &all_facts);
    let sources = Sources { journeys: &journeys, facts: Some(&facts) };
    let checked = check_declared(&policy, sources, Some(&source("events.yaml", &events)));
    checked.problems.iter().map(|problem| format!("{}\n{block}", problem.message)).collect()
}

#[test]
fn every_example_loads() {
    for name in ["README.md", "REFERENCE.md"] {
        let page = page(name);
        let mut facts = std::fs::read_to_string(shipped().join("facts.yaml")).unwrap();
        let mut count = 0;
        for block in blocks(&page).iter().filter(|block| block.language == "yaml") {
            let text = block.lines.join("\n") + "\n";
            assert_eq!(problems(&text, &facts), Vec::<String>::new(), "{name}");
            if text.starts_with("facts:") && name == "README.md" {
                facts = text;
            }
            count += 1;
        }
        assert!(count >= 3, "{name} has {count} examples");
    }
}

/// Runs a command line in a shell, with the built binary in its way; standard error comes behind standard output.
fn shell(line: &str, dir: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_cartwheel")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(dir).env("PATH", path);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARTWHEEL_")) {
        command.env_remove(name);
    }
    super::told(&command.output().expect("a shell"))
}

/// A line without the hashes in it: they change with every version of Cartwheel and every comment of a journey.
fn steady(line: &str) -> String {
    let is_hash = |word: &str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = line.trim_end().split(' ').map(|word| if is_hash(word) { "HASH" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_newcomers_session_gives_what_is_written() {
    let text = page("README.md");
    let dir = tempfile::tempdir().unwrap();
    let mut at = dir.path().to_path_buf();
    let mut new: Vec<String> = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    let mut written = 0;
    for block in blocks(&text).iter().filter(|block| block.language == "console") {
        new.extend(lines[written..block.from].iter().map(|line| (*line).to_owned()));
        for line in block.lines.iter().filter_map(|line| line.strip_prefix("$ ")) {
            new.push(format!("$ {line}"));
            match line.strip_prefix("cd ") {
                Some(to) => at = at.join(to),
                None => new.extend(shell(line, &at).lines().map(|line| line.trim_end().to_owned())),
            }
        }
        written = block.from + block.lines.len();
    }
    new.extend(lines[written..].iter().map(|line| (*line).to_owned()));
    if std::env::var_os("CARTWHEEL_UPDATE_GUIDE").is_some() {
        std::fs::write(shipped().join("journeys/README.md"), new.join("\n") + "\n").unwrap();
        return;
    }
    assert!(written > 0, "the guide has a session");
    for (number, (is, was)) in new.iter().zip(&lines).enumerate() {
        assert_eq!(
            steady(is),
            steady(was),
            "line {}; CARTWHEEL_UPDATE_GUIDE=1 writes it anew",
            number + 1
        );
    }
    assert_eq!(new.len(), lines.len(), "CARTWHEEL_UPDATE_GUIDE=1 writes it anew");
}

#[test]
fn the_story_in_the_guide_holds_of_the_journey_in_the_guide() {
    let page = page("README.md");
    let all = blocks(&page);
    let block = |language: &str| {
        let found = all.iter().find(|block| block.language == language).unwrap();
        found.lines.join("\n") + "\n"
    };
    let dir = tempfile::tempdir().unwrap();
    let told = shell("cartwheel new shop --journeys welcome", dir.path());
    let config = dir.path().join("shop/config");
    for (file, text) in
        [("second_thanks.yaml", block("yaml")), ("second_thanks.trace", block("text"))]
    {
        std::fs::write(config.join("journeys").join(file), text).expect(&told);
    }
    let facts = std::fs::read_to_string(config.join("facts.yaml")).unwrap();
    std::fs::write(
        config.join("facts.yaml"),
        facts + "  orders: { count: order_placed, key: event.order.id }\n",
    )
    .unwrap();
    let output = super::cartwheel(&config, &["test"], &[]);
    super::expect(&output, 0, &["ok  ", "thanks on the morning after the second order"]);
}
