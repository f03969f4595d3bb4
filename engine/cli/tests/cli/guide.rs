//! The guide and the reference of the language, `config/journeys/*.md`, are true: the reference's examples load, and whoever follows the guide, from an empty
//! folder and box by box, has a folder that is right after each of them and sees what is written.
//!
//! `CARTWHEEL_UPDATE_GUIDE=1` writes what the commands say now into the guide.

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

/// What the loader says of a block: each is a whole file, told by its keys. A journey reads the facts that ship.
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
fn every_example_of_the_reference_loads() {
    let page = page("REFERENCE.md");
    let facts = std::fs::read_to_string(shipped().join("facts.yaml")).unwrap();
    let all = blocks(&page);
    let examples: Vec<_> = all.iter().filter(|block| block.language == "yaml").collect();
    assert!(examples.len() >= 3, "it has {} examples", examples.len());
    for block in examples {
        assert_eq!(problems(&(block.lines.join("\n") + "\n"), &facts), Vec::<String>::new());
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

/// Where a block goes: the paragraph above it ends with a colon and names the file, `config/...`; "end of" means that the block is added there.
fn target(above: &[&str]) -> (String, bool) {
    let lines: Vec<&str> = above
        .iter()
        .rev()
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty())
        .copied()
        .collect();
    let paragraph = lines.into_iter().rev().collect::<Vec<_>>().join(" ");
    assert!(paragraph.ends_with(':'), "this says not where the block goes: {paragraph}");
    let quoted = paragraph.split('`').skip(1).step_by(2);
    let file = quoted.filter(|text| text.starts_with("config/")).last();
    let file = file.unwrap_or_else(|| panic!("this names no file: {paragraph}")).to_owned();
    let is_added = paragraph.contains(&format!("end of `{file}`"));
    (file, is_added)
}

/// Does what a newcomer does who follows the page from an empty folder: its lines as they come out now.
fn walked(lines: &[&str], page: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let mut at = dir.path().to_path_buf();
    let mut new: Vec<String> = Vec::new();
    let mut written = 0;
    for block in blocks(page) {
        new.extend(lines[written..block.from].iter().map(|line| (*line).to_owned()));
        written = block.from + block.lines.len();
        if block.language == "console" {
            for line in block.lines.iter().filter_map(|line| line.strip_prefix("$ ")) {
                new.push(format!("$ {line}"));
                match line.strip_prefix("cd ") {
                    Some(to) => at = at.join(to),
                    None => {
                        new.extend(shell(line, &at).lines().map(|line| line.trim_end().to_owned()));
                    }
                }
            }
            continue;
        }
        let (file, is_added) = target(&lines[..block.from - 1]);
        let path = at.join(&file);
        let before = if is_added { std::fs::read_to_string(&path).unwrap() } else { String::new() };
        std::fs::write(&path, before + &block.lines.join("\n") + "\n").unwrap();
        let told = shell("cartwheel check && echo all is right", &at);
        assert!(told.contains("all is right"), "with the block in line {}:\n{told}", block.from);
        new.extend(block.lines.iter().map(|line| (*line).to_owned()));
    }
    new.extend(lines[written..].iter().map(|line| (*line).to_owned()));
    new
}

#[test]
fn who_follows_the_guide_sees_what_is_written() {
    let text = page("README.md");
    let lines: Vec<&str> = text.lines().collect();
    let new = walked(&lines, &text);
    if std::env::var_os("CARTWHEEL_UPDATE_GUIDE").is_some() {
        std::fs::write(shipped().join("journeys/README.md"), new.join("\n") + "\n").unwrap();
        return;
    }
    let examples = blocks(&text).len();
    assert!(examples >= 20, "the guide has {examples} boxes");
    for (number, (is, was)) in new.iter().zip(&lines).enumerate() {
        assert_eq!(
            is.trim_end(),
            was.trim_end(),
            "line {}; CARTWHEEL_UPDATE_GUIDE=1 writes it anew",
            number + 1
        );
    }
    assert_eq!(new.len(), lines.len(), "CARTWHEEL_UPDATE_GUIDE=1 writes it anew");
}
