//! What `catalogue`, `broadcast` and `control` say before a broker is asked.

use super::{cartwheel, expect, shipped};
use serde_json::Value;
use std::path::Path;

fn catalogue(dir: &Path, name: &str, text: &str, more: &[&str]) -> std::process::Output {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    let args = [&["catalogue", path.to_str().unwrap()], more].concat();
    cartwheel(&shipped(), &args, &[])
}

#[test]
fn a_file_is_read_whole_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let right = "{\"id\":\"p1\",\"price\":20.5}\n{\"id\":\"p2\",\"pricee\":3}\n";
    let output = catalogue(dir.path(), "right.jsonl", right, &["--dry-run"]);
    expect(
        &output,
        0,
        &["2 products in ", "every line is right", "if `price` is meant, call it so"],
    );
    let output =
        catalogue(dir.path(), "right.csv", "id,stock\np1,3\n", &["--dry-run", "--output", "json"]);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["ok"], &told["products"]), (&Value::from(true), &Value::from(1)));

    let wrong = "{\"id\":\"p1\"}\n{\"id\":\"p2\",\"price\":\"$2\",\"stock\":1.5}\n{\"price\":1}\n";
    let output = catalogue(dir.path(), "wrong.jsonl", wrong, &[]);
    expect(
        &output,
        65,
        &[
            "wrong.jsonl:2:12",
            "price: \"$2\" does not fit",
            "without a currency's sign",
            "stock: 1.5",
            "wrong.jsonl:3:1",
            "id: it is missing",
            "3 problems",
        ],
    );
    let output = catalogue(dir.path(), "wrong.csv", "id,weight:kg\np1,3\n", &["--output", "json"]);
    assert_eq!(output.status.code(), Some(65));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&told["problems"][0]["line"], &told["problems"][0]["message"]),
        (&Value::from(1), &Value::from("weight:kg: this is no column"))
    );
    let open = "id,category,badges\r\np1,shoes,new\r\np2,\"shoes,new\r\np3,bags,sale\r\n";
    expect(
        &catalogue(dir.path(), "open.csv", open, &["--dry-run"]),
        65,
        &["open.csv:3:4", "the quote that opens here is not closed before the file ends", "twice"],
    );
    expect(&catalogue(dir.path(), "empty.jsonl", "\n", &[]), 65, &["there is no product in"]);
    expect(&catalogue(dir.path(), "products.txt", right, &[]), 65, &["name it .jsonl"]);
    expect(
        &catalogue(dir.path(), "later.jsonl", right, &["--time", "2126-01-01T00:00:00Z"]),
        65,
        &["ahead of this machine's clock"],
    );
}

#[test]
fn a_file_of_codes_is_read_whole_and_no_code_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let load = |pool: &str, text: &str, more: &[&str]| {
        let path = dir.path().join("codes.txt");
        std::fs::write(&path, text).unwrap();
        let args = [&["coupons", "load", pool, path.to_str().unwrap()], more].concat();
        cartwheel(&shipped(), &args, &[])
    };
    let output = load("winback15", "AAA\nBBB\n", &["--dry-run"]);
    expect(&output, 0, &["2 codes in ", "every line is right"]);
    let output = load("winback15", "AAA\n\nBBB\nAAA\n CCC\n", &[]);
    expect(
        &output,
        65,
        &[
            "codes.txt:2: the line is empty",
            "codes.txt:4: the same code stands in line 1",
            "codes.txt:5: there are blanks around the code",
            "3 problems",
        ],
    );
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(["AAA", "BBB", "CCC"].iter().all(|code| !told.contains(code)), "{told}");
    expect(
        &load("winbakc15", "AAA\n", &["--dry-run"]),
        65,
        &["the policy has no pool `winbakc15` of coupons", "did you mean `winback15`?"],
    );
    expect(&load("winback15", "", &[]), 65, &["there is no code in"]);
    let path = dir.path().join("codes.txt");
    std::fs::write(&path, b"AAA\nBBB\nC\xff\n").unwrap();
    let args = ["coupons", "load", "winback15", path.to_str().unwrap(), "--dry-run"];
    expect(&cartwheel(&shipped(), &args, &[]), 65, &["codes.txt:3: the line is not in UTF-8"]);
    let none = ["--set", "kafka.bootstrap=127.0.0.1:1", "--set", "engine.start_timeout=1s"];
    expect(&load("winback15", "AAA\n", &none), 69, &["the broker 127.0.0.1:1 is not available"]);
}

#[test]
fn what_cannot_be_said_is_refused_before_a_broker_is_asked() {
    let none = [
        ["--set", "kafka.bootstrap=127.0.0.1:1"],
        ["--set", "engine.start_timeout=1s"],
        ["--set", "admin.listen=127.0.0.1:1"],
    ]
    .concat();
    let run = |args: &[&str]| cartwheel(&shipped(), &[&none[..], args].concat(), &[]);
    expect(
        &run(&["control", "pause", "wellcome"]),
        65,
        &["there is no journey `wellcome`", "did you mean `welcome`?"],
    );
    expect(
        &run(&["control", "winner", "wellcome", "offer", "gift"]),
        65,
        &["there is no journey `wellcome`"],
    );
    expect(
        &run(&["control", "winner", "welcome", "no_such_split", "gift"]),
        65,
        &["there is no split `no_such_split`"],
    );
    expect(&run(&["broadcast", "spring sale"]), 65, &["`spring sale` is no name"]);
    expect(
        &run(&["broadcast", "sale", "--with", "name=x"]),
        65,
        &["a field cannot be called `name`"],
    );
    for args in [
        &["control", "pause", "welcome"][..],
        &["broadcast", "sale", "--unheard"],
        &["catalogue", "--resume"],
    ] {
        expect(&run(args), 69, &["the broker 127.0.0.1:1 is not available", "kafka.bootstrap"]);
    }
    let nobody = "no journey of the configuration here begins by a broadcast `sale`";
    let remedy = ["trigger: { broadcast: sale, who: ... }", "--unheard"];
    expect(&run(&["broadcast", "sale"]), 65, &[nobody, remedy[0], remedy[1], "cannot be asked"]);
    let pause = run(&["control", "pause", "welcome", "--dry-run"]);
    expect(&pause, 0, &["pause welcome would be written", "is not known", "nothing is written"]);
    expect(
        &run(&["control", "pause", "wellcome", "--dry-run"]),
        65,
        &["there is no journey `wellcome`"],
    );
    let named = run(&["control", "pause", "welcome", "--admin", "http://127.0.0.1:1"]);
    expect(&named, 69, &["no engine answers at http://127.0.0.1:1"]);
}

#[test]
fn a_winner_is_of_a_split_that_is_there() {
    let run = |args: &[&str]| cartwheel(&shipped(), &[&["control", "winner"], args].concat(), &[]);
    let parts =
        ["there is no split `offer` in journey `welcome`", "a winner is an arm of a step `split:`"];
    expect(&run(&["welcome", "offer", "gift"]), 65, &parts);
    let parts = ["winner [OPTIONS] <JOURNEY> <SPLIT> <ARM|--none>", "Examples:"];
    expect(&run(&["--help"]), 0, &parts);
}
