//! Where the boxes of a journey's drawing stand, and which way its lines go.
//!
//! Each box stands in the row behind all that lead to it, so every line goes down. A line that passes rows has a place of its own in each of them, so it crosses
//! no box. Within a row boxes stand in the order in which the journey's arms are written, each as nearly below and above its neighbours as there is room.

use crate::admin::view::JourneyGraph;

/// A box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Placed {
    /// What it is.
    pub what: What,
    /// From 0, downwards.
    pub row: usize,
    /// The middle, from 0, in widths of a box with its margin.
    pub column: f64,
}

/// What a box is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// What begins the journey.
    Begin,
    /// The step of this number.
    Step(usize),
    /// The end of the journey.
    End,
}

/// A line from one box to another.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Way {
    /// When it is gone.
    pub when: Option<String>,
    /// Row and column of the box that it leaves, of its places in the rows between, of the box that it comes to.
    pub points: Vec<(usize, f64)>,
}

/// The places of everything.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub boxes: Vec<Placed>,
    pub ways: Vec<Way>,
}

/// How often rows are brought nearer to their neighbours; it has settled by then.
const SWEEPS: usize = 12;

/// Lays the journey out.
pub(super) fn layout(graph: &JourneyGraph) -> Layout {
    let edges = edges(graph);
    let end = graph.steps.len() + 1;
    let ends = edges.iter().any(|edge| edge.to == end);
    let rows = rows(end + 1, &edges);
    let mut grid = Grid::new(rows, &edges);
    (0..SWEEPS).for_each(|_| grid.sweep());
    let least = grid.column.iter().copied().fold(f64::INFINITY, f64::min);
    // Hundredths: the same drawing on every machine.
    let column = |cell: usize| ((grid.column[cell] - least) * 100.0).round() / 100.0;
    let is_there = |number: &usize| ends || *number != end;
    let boxes = (0..=end).filter(is_there).map(|number| Placed {
        what: match number {
            0 => What::Begin,
            _ if number == end => What::End,
            _ => What::Step(number - 1),
        },
        row: grid.row[number],
        column: column(number),
    });
    let ways = edges.iter().zip(&grid.paths).map(|(edge, path)| Way {
        when: edge.when.clone(),
        points: path.iter().map(|cell| (grid.row[*cell], column(*cell))).collect(),
    });
    Layout { boxes: boxes.collect(), ways: ways.collect() }
}

/// A line between boxes: 0 is the beginning, then come the steps, then the end.
struct Edge {
    from: usize,
    to: usize,
    when: Option<String>,
}

/// In order of the boxes that they leave. Arms that lead to the same step are one line.
fn edges(graph: &JourneyGraph) -> Vec<Edge> {
    let end = graph.steps.len() + 1;
    let number = |step: Option<&String>| {
        let place = step.and_then(|name| graph.steps.iter().position(|step| step.step == *name));
        place.map_or(end, |place| place + 1)
    };
    let mut edges = vec![Edge { from: 0, to: number(graph.first.as_ref()), when: None }];
    for (from, step) in (1..).zip(&graph.steps) {
        for next in &step.next {
            let to = number(next.to.as_ref());
            match edges.iter_mut().find(|edge| edge.from == from && edge.to == to) {
                Some(same) => same.when = joined(same.when.take(), next.when.clone()),
                None => edges.push(Edge { from, to, when: next.when.clone() }),
            }
        }
    }
    // Steps only lead forward; a line that does not would have no place.
    edges.retain(|edge| edge.from < edge.to);
    edges
}

fn joined(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => Some(format!("{one}, or {other}")),
        (one, other) => one.or(other),
    }
}

/// The row of each box: behind all that lead to it. They come in order, as no line goes back.
fn rows(boxes: usize, edges: &[Edge]) -> Vec<usize> {
    let mut rows = vec![0; boxes];
    for edge in edges {
        rows[edge.to] = rows[edge.to].max(rows[edge.from] + 1);
    }
    rows
}

/// Boxes, and behind them the places of lines that pass rows.
struct Grid {
    /// Of each cell.
    row: Vec<usize>,
    column: Vec<f64>,
    /// The cells above and below that it is joined with.
    neighbours: Vec<Vec<usize>>,
    /// The cells of each row, from left to right.
    rows: Vec<Vec<usize>>,
    /// The cells of each line.
    paths: Vec<Vec<usize>>,
}

/// What is to be put into rows next.
enum Task {
    Cell(usize),
    Line(usize),
}

impl Grid {
    fn new(rows_of_boxes: Vec<usize>, edges: &[Edge]) -> Self {
        let most = rows_of_boxes.iter().copied().max().unwrap_or(0);
        let boxes = rows_of_boxes.len();
        let mut grid = Self {
            row: rows_of_boxes,
            column: Vec::new(),
            neighbours: Vec::new(),
            rows: vec![Vec::new(); most + 1],
            paths: vec![Vec::new(); edges.len()],
        };
        grid.fill(boxes, edges);
        grid.neighbours = vec![Vec::new(); grid.row.len()];
        for path in &grid.paths {
            for pair in path.windows(2) {
                grid.neighbours[pair[0]].push(pair[1]);
                grid.neighbours[pair[1]].push(pair[0]);
            }
        }
        grid.column = vec![0.0; grid.row.len()];
        for cells in &grid.rows {
            let middle = cells.len().saturating_sub(1) as f64 / 2.0;
            for (place, cell) in cells.iter().enumerate() {
                grid.column[*cell] = place as f64 - middle;
            }
        }
        grid
    }

    /// Puts everything into its row: along the first arm to its end, then along the next one, so that arms lie side by side.
    fn fill(&mut self, boxes: usize, edges: &[Edge]) {
        let mut placed = vec![false; boxes];
        let mut tasks = vec![Task::Cell(0)];
        while let Some(task) = tasks.pop() {
            match task {
                Task::Cell(number) if placed[number] => {}
                Task::Cell(number) => {
                    placed[number] = true;
                    self.rows[self.row[number]].push(number);
                    let lines = edges.iter().enumerate().rev();
                    let leave = lines.filter(|(_, edge)| edge.from == number);
                    tasks.extend(leave.map(|(line, _)| Task::Line(line)));
                }
                Task::Line(line) => {
                    let (from, to) = (edges[line].from, edges[line].to);
                    let mut path = vec![from];
                    for row in self.row[from] + 1..self.row[to] {
                        let cell = self.row.len();
                        self.row.push(row);
                        self.rows[row].push(cell);
                        path.push(cell);
                    }
                    path.push(to);
                    self.paths[line] = path;
                    tasks.push(Task::Cell(to));
                }
            }
        }
    }

    /// Once down and once up.
    fn sweep(&mut self) {
        let count = self.rows.len();
        (0..count).chain((0..count).rev()).for_each(|row| self.settle(row));
    }

    /// Brings the cells of a row nearer to what they are joined with, with a width between any two.
    fn settle(&mut self, row: usize) {
        let cells = &self.rows[row];
        let wanted: Vec<f64> = cells.iter().map(|cell| self.wanted(*cell)).collect();
        let mut columns: Vec<f64> = Vec::with_capacity(cells.len());
        for want in &wanted {
            let least = columns.last().map_or(f64::NEG_INFINITY, |last| last + 1.0);
            columns.push(want.max(least));
        }
        let moved: f64 = columns.iter().zip(&wanted).map(|(is, want)| is - want).sum();
        let shift = moved / columns.len().max(1) as f64;
        for (cell, column) in cells.iter().zip(columns) {
            self.column[*cell] = column - shift;
        }
    }

    fn wanted(&self, cell: usize) -> f64 {
        let joined = &self.neighbours[cell];
        match joined.len() {
            0 => self.column[cell],
            count => joined.iter().map(|other| self.column[*other]).sum::<f64>() / count as f64,
        }
    }
}
