//! Random conditions: all that the language has, over fields that [`enrich`] gives to events. Their types are sound, so they load.

use super::draw::Draw;
use serde_json::{Map, Value, json};

/// Where a condition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a trigger or an exit.
    Event,
    /// In a branch.
    Step,
    /// In a branch behind a wait for an event.
    Waited,
    /// In `while`.
    While,
}

/// Longest text that is drawn, and deepest brackets: the loader takes a little more.
const MAX_TEXT: usize = 700;
const MAX_DEPTH: i32 = 13;

/// A random condition for this place.
pub fn condition(draw: &mut Draw, place: Place) -> String {
    loop {
        let text = Drawing { draw: &mut *draw, place, in_list: false }.truth(3);
        if text.len() <= MAX_TEXT && depth(&text) <= MAX_DEPTH {
            return text;
        }
    }
}

fn depth(text: &str) -> i32 {
    let (mut depth, mut most) = (0, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'?' => depth += 1,
            b')' | b']' => depth -= 1,
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

struct Drawing<'d> {
    draw: &'d mut Draw,
    place: Place,
    /// An item `i` is at hand.
    in_list: bool,
}

impl Drawing<'_> {
    /// The event can be read.
    fn event(&self) -> bool {
        self.place != Place::While
    }

    /// A run is at hand.
    fn of_run(&self) -> bool {
        matches!(self.place, Place::Step | Place::Waited)
    }

    /// Nothing but the event and the item can be read.
    fn kept(&self) -> bool {
        self.in_list && self.of_run()
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        self.draw.pick::<&'a str>(all)
    }

    /// One of those that can be read here: of the item, of the event, of the rest.
    fn field(&mut self, item: &[&str], event: &[&str], rest: &[&str]) -> String {
        let all = [
            if self.in_list { item } else { &[] },
            if self.event() { event } else { &[] },
            if self.kept() { &[] } else { rest },
        ];
        let all = all.concat();
        let field = if all.is_empty() { "null" } else { *self.draw.pick(&all) };
        // Both spellings of a step, and the other event.
        if self.place == Place::Waited && !self.in_list && self.draw.chance(30) {
            return match field {
                "event.time" => "instant(waited.event.time)".into(),
                "event.type" => "waited.for".into(),
                _ => field.replacen("event.", "waited.event.", 1),
            };
        }
        if self.of_run() && self.draw.chance(30) {
            return field.replacen("event.cart.", "cart.", 1);
        }
        field.to_owned()
    }

    fn truth(&mut self, left: u32) -> String {
        if left > 0 && self.draw.chance(55) {
            let (one, other) = (self.truth(left - 1), self.truth(left - 1));
            return match self.draw.below(7) {
                0..=1 => format!("({one} && {other})"),
                2..=3 => format!("({one} || {other})"),
                4 => format!("!({one})"),
                5 => format!("(({one}) == ({other}))"),
                _ => format!("(({}) ? ({one}) : ({other}))", self.truth(left - 1)),
            };
        }
        match self.draw.below(16) {
            0..=2 => self.compared(Self::number, true),
            3..=4 => self.compared(Self::instant, true),
            5 => self.compared(Self::span, true),
            6 => self.compared(Self::text, true),
            7..=8 => self.of_list(),
            9 => self.of_text(),
            10 => self.local(),
            11 => self.mixed(),
            12 => format!("has({})", self.any()),
            13 => format!("{} {} null", self.any(), self.pick(&["==", "!="])),
            14 => format!("{} in [{}, 'k1', 20, null, true]", self.any(), self.draw.below(4)),
            _ => self.field(
                &["i.gift"],
                &["event.cart.gift"],
                &["profile.consent.email", "profile.consent.push", "profile.vip"],
            ),
        }
    }

    fn compared(&mut self, side: fn(&mut Self, u32) -> String, order: bool) -> String {
        let all = ["==", "!=", "<", "<=", ">", ">="];
        let sign = self.pick(if order { &all } else { &all[..2] });
        format!("{} {sign} {}", side(self, 2), side(self, 2))
    }

    /// What is known at run time only.
    fn any(&mut self) -> String {
        self.field(
            &["i.gift", "i.added_at", "i.note"],
            &["event.cart.weight", "event.cart.until", "event.note", "event.deep.er"],
            &["profile.vip", "profile.score", "profile.since"],
        )
    }

    /// Types meet that are known at run time only.
    fn mixed(&mut self) -> String {
        let sign = self.pick(&["==", "!=", "<", ">="]);
        format!("{} {sign} {}", self.any(), self.any())
    }

    fn number(&mut self, left: u32) -> String {
        if left == 0 || self.draw.chance(45) {
            return match self.draw.below(4) {
                0 => self.draw.pick(&["0", "1", "2.5", "20", "64", "100", "-3"]).to_string(),
                _ => self.field(
                    &["i.price", "i.quantity", "i.weight", "size(i.tags)", "size(i.note)"],
                    &[
                        "event.cart.total",
                        "event.product.price",
                        "event.cart.weight",
                        "size(event.cart.items)",
                        "size(event.note)",
                        "size(event.product.tags)",
                    ],
                    &[
                        "customer.orders",
                        "customer.lifetime_value",
                        "customer.days_since_order",
                        "profile.score",
                        "local.hour",
                    ],
                ),
            };
        }
        match self.draw.below(8) {
            0..=2 => {
                let sign = self.pick(&["+", "-", "*", "/", "%"]);
                format!("({} {sign} {})", self.number(left - 1), self.number(left - 1))
            }
            3 => {
                let function = self.pick(&["floor", "ceil", "round", "abs"]);
                format!("{function}({})", self.number(left - 1))
            }
            4 => {
                let function = self.pick(&["min", "max"]);
                format!("{function}({}, {}, 7)", self.number(left - 1), self.number(left - 1))
            }
            5 => format!("({} / {})", self.span(left - 1), self.span(left - 1)),
            6 if !self.in_list && self.event() => self.sum(),
            _ => format!("(-{})", self.number(left - 1)),
        }
    }

    fn instant(&mut self, left: u32) -> String {
        if left == 0 || self.draw.chance(50) {
            let text = self.field(
                &["instant(i.added_at)", "event.time"],
                &["event.time", "instant(event.cart.until)", "instant(event.cart.weight)"],
                &["now", "now", "instant(profile.since)", "instant(profile.score)"],
            );
            return if text == "null" { "instant('2026-03-08')".into() } else { text };
        }
        match self.draw.below(5) {
            0..=1 => {
                let sign = self.pick(&["+", "-"]);
                format!("({} {sign} {})", self.instant(left - 1), self.span(left - 1))
            }
            2 => {
                let sign = self.pick(&["+", "-"]);
                format!("({} {sign} {})", self.any(), self.span(left - 1))
                    .replace("(null", "('2026-06-10T09:30:00Z'")
            }
            3 => {
                let function = self.pick(&["min", "max"]);
                format!("{function}({}, {})", self.instant(left - 1), self.instant(left - 1))
            }
            _ => {
                let test = self.any();
                format!(
                    "(({test} == null) ? {} : {})",
                    self.instant(left - 1),
                    self.instant(left - 1)
                )
            }
        }
    }

    fn span(&mut self, left: u32) -> String {
        if left == 0 || self.draw.chance(35) {
            return self.pick(&["5d", "1h30m", "90s", "2w", "0s", "36h", "500ms"]).to_owned();
        }
        match self.draw.below(7) {
            0 if !self.kept() => format!("age({})", self.instant(left - 1)),
            1 => format!("({} - {})", self.instant(left - 1), self.instant(left - 1)),
            2 => {
                let function = self.pick(&["days", "hours", "minutes"]);
                format!("{function}({})", self.number(left - 1))
            }
            3 => {
                let sign = self.pick(&["+", "-"]);
                format!("({} {sign} {})", self.span(left - 1), self.span(left - 1))
            }
            4 => {
                let sign = self.pick(&["*", "/"]);
                format!("({} {sign} {})", self.span(left - 1), self.number(left - 1))
            }
            5 => format!("abs(-{})", self.span(left - 1)),
            _ => format!("max({}, {})", self.span(left - 1), self.span(left - 1)),
        }
    }

    fn text(&mut self, _: u32) -> String {
        let text = match self.draw.below(3) {
            0 => "null".into(),
            _ => self.field(
                &["i.note", "i.product"],
                &["event.product.name", "event.cart.currency", "event.type"],
                &["profile.first_name", "profile.country"],
            ),
        };
        if text == "null" {
            return self.pick(&["''", "'EUR'", "'Coat'", "'p1'", "\"US\"", "'Zoë'"]).to_owned();
        }
        if self.draw.chance(30) { format!("{text}.lowerAscii()") } else { text }
    }

    fn of_text(&mut self) -> String {
        let search = self.pick(&["startsWith", "endsWith", "contains"]);
        match self.draw.below(3) {
            0 => format!("{} in ['eur', 'EUR', 'coat']", self.text(0)),
            1 => format!("{}.{search}('o')", self.text(0)),
            _ => format!("{}.{search}({})", self.text(0), self.text(0)),
        }
    }

    fn local(&mut self) -> String {
        if self.kept() {
            return self.of_text();
        }
        match self.draw.below(4) {
            0 => "local.weekday in [\"sat\", \"sun\"]".into(),
            1 => format!("local.weekday {} 'sat'", self.pick(&["==", "!="])),
            2 => format!("local.date {} profile.since", self.pick(&["<", ">=", "=="])),
            _ => match self.pick(&["<", ">=", "=="]) {
                "==" => "local.date in ['2026-03-07', '2026-03-08']".into(),
                sign => format!("'2026-03-08' {sign} local.date"),
            },
        }
    }

    fn list(&mut self) -> &'static str {
        let lists = ["event.cart.items", "event.product.tags", "event.deep.er"];
        let list = *self.draw.pick(&lists);
        let step = self.of_run() && list == lists[0] && self.draw.chance(30);
        if step { "cart.items" } else { list }
    }

    fn of_list(&mut self) -> String {
        if self.in_list || !self.event() {
            return self.compared(Self::number, true);
        }
        let list = self.list();
        match self.draw.below(6) {
            0 => {
                let item = match self.of_run() {
                    true => "event.cart.weight".to_owned(),
                    false => self.any(),
                };
                format!("{item} in event.product.tags")
            }
            1 => "'p1' in event.product.tags".into(),
            2..=3 => format!("{list}.exists(i, {})", self.about()),
            4 => format!("{list}.all(i, {})", self.about()),
            _ => format!("{} > 100", self.sum()),
        }
    }

    fn about(&mut self) -> String {
        Drawing { draw: &mut *self.draw, place: self.place, in_list: true }.truth(1)
    }

    fn sum(&mut self) -> String {
        let list = self.list();
        let about = Drawing { draw: &mut *self.draw, place: self.place, in_list: true }.number(1);
        match self.draw.below(3) {
            0 => format!("{list}.sum(i, {about})"),
            1 => format!("sum({list}, i, {about})"),
            _ => format!("sum({list}, {about})"),
        }
    }
}

/// Fields of all kinds where random conditions look for them.
pub fn enrich(draw: &mut Draw, event: &mut Map<String, Value>) {
    for subject in ["cart", "product", "profile"] {
        if draw.chance(15) {
            event.entry(subject).or_insert_with(|| json!({}));
        }
    }
    if let Some(cart) = event.get_mut("cart").and_then(Value::as_object_mut) {
        put(draw, cart, "weight", scalar);
        put(draw, cart, "gift", scalar);
        put(draw, cart, "until", time);
        if draw.chance(60) {
            let items = draw.pick(&[0, 1, 2, 3, 63, 64, 65, 70]);
            let items: Vec<Value> = (0..*items).map(|_| item(draw)).collect();
            cart.insert("items".into(), items.into());
        }
    }
    if let Some(product) = event.get_mut("product").and_then(Value::as_object_mut) {
        put(draw, product, "name", |draw| (*draw.pick(&["Coat", "coat", "Zoë's", ""])).into());
        put(draw, product, "tags", |draw| match draw.below(8) {
            0 => scalar(draw),
            _ => (0..draw.below(4)).map(|_| scalar(draw)).collect(),
        });
    }
    if let Some(profile) = event.get_mut("profile").and_then(Value::as_object_mut) {
        put(draw, profile, "since", time);
        put(draw, profile, "score", scalar);
        put(draw, profile, "first_name", |draw| (*draw.pick(&["Ana", "p1", "EUR"])).into());
    }
    if draw.chance(30) {
        let note = if draw.chance(20) { "x".repeat(4_097) } else { "p1".into() };
        event.insert("note".into(), note.into());
    }
}

fn put(draw: &mut Draw, object: &mut Map<String, Value>, name: &str, make: fn(&mut Draw) -> Value) {
    if draw.chance(60) {
        let value = make(draw);
        object.insert(name.into(), value);
    }
}

fn item(draw: &mut Draw) -> Value {
    if draw.chance(3) {
        return scalar(draw);
    }
    let mut item = Map::new();
    item.insert("product".into(), format!("p{}", draw.below(3)).into());
    for name in ["price", "quantity", "weight"] {
        if draw.chance(95) {
            let number = draw.between(0, 60);
            let value =
                if draw.chance(80) { json!(number) } else { json!(format!(" {number}.50")) };
            item.insert(name.into(), if draw.chance(97) { value } else { scalar(draw) });
        }
    }
    put(draw, &mut item, "gift", scalar);
    put(draw, &mut item, "added_at", time);
    put(draw, &mut item, "note", scalar);
    put(draw, &mut item, "tags", |draw| vec![json!("a"); draw.below(3) as usize].into());
    Value::Object(item)
}

fn scalar(draw: &mut Draw) -> Value {
    let all = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(20),
        json!(2.5),
        json!("20"),
        json!("p1"),
        json!(""),
        json!("k1"),
        json!({ "a": [1] }),
        json!([1]),
        json!(1_772_928_000),
    ];
    draw.pick(&all).clone()
}

/// Instants, dates, and what is neither.
fn time(draw: &mut Draw) -> Value {
    let all = [
        json!("2026-03-08"),
        json!("2026-06-10T09:30:00Z"),
        json!("2026-10-31T23:59:59.999+02:00"),
        json!("2026-02-30"),
        json!("soon"),
        json!(1_772_928_000),
        json!(1_772_928_000_123_i64),
        json!(1_772_928_000.5),
        json!(1e300),
        json!(null),
        json!(true),
        json!("9999-12-30T00:00:00Z"),
    ];
    draw.pick(&all).clone()
}
