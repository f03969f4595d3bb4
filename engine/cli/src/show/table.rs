//! Rows under headings.

/// Every column as wide as its widest cell, two spaces between them; numbers (cells that begin with a digit, in columns whose heading
/// ends in `#`) stand to the right. A heading's `#` is not shown.
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let names: Vec<String> =
        headings.iter().map(|heading| heading.trim_end_matches('#').to_owned()).collect();
    let all = || std::iter::once(&names).chain(rows);
    let width = |column: usize| {
        all()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(headings).zip(&widths);
        let cells = cells.map(|((cell, heading), &width)| {
            if heading.ends_with('#') {
                format!("{cell:>width$}")
            } else {
                format!("{cell:width$}")
            }
        });
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    all().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_their_headings() {
        let rows = [
            vec!["0".into(), "running".into(), "12".into()],
            vec!["11".into(), "starting".into(), String::new()],
        ];
        assert_eq!(
            table(&["shard#", "state", "lag#"], &rows),
            "shard  state     lag\n    0  running    12\n   11  starting\n"
        );
    }
}
