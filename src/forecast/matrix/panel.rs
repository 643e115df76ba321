//! Matrices kept in panels of sixteen columns, the layout that the products read and write without packing.

use std::ops::Range;

/// Columns of a panel.
pub(in crate::forecast) const WIDTH: usize = 16;

/// A row of one panel, on a cache line of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub(in crate::forecast) struct PanelRow(pub [f32; WIDTH]);

impl PanelRow {
    /// Sixteen zeros.
    pub const ZERO: PanelRow = PanelRow([0.0; WIDTH]);
}

/// A matrix of `rows × columns`: panel after panel, each with all rows; unused columns of the last panel are zero.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::forecast) struct Panels {
    rows: usize,
    columns: usize,
    data: Vec<PanelRow>,
}

impl Panels {
    /// Zeros.
    pub fn new(rows: usize, columns: usize) -> Panels {
        Panels { rows, columns, data: vec![PanelRow::ZERO; rows * columns.div_ceil(WIDTH)] }
    }

    /// Gives it another number of rows, keeping its memory; what it held means nothing afterwards.
    pub fn set_rows(&mut self, rows: usize) {
        self.rows = rows;
        self.data.resize(rows * self.count(), PanelRow::ZERO);
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Panels.
    pub fn count(&self) -> usize {
        self.columns.div_ceil(WIDTH)
    }

    /// Rows `range` of panel `index`.
    pub fn part(&self, index: usize, range: Range<usize>) -> &[PanelRow] {
        &self.data[index * self.rows + range.start..index * self.rows + range.end]
    }

    /// Rows `range` of panel `index`.
    pub fn part_mut(&mut self, index: usize, range: Range<usize>) -> &mut [PanelRow] {
        &mut self.data[index * self.rows + range.start..index * self.rows + range.end]
    }

    /// Panel `index`.
    pub fn panel(&self, index: usize) -> &[PanelRow] {
        self.part(index, 0..self.rows)
    }

    /// Everything.
    pub fn all(&self) -> &[PanelRow] {
        &self.data
    }

    /// Everything.
    pub fn all_mut(&mut self) -> &mut [PanelRow] {
        &mut self.data
    }

    /// Takes row `row` from `values`, one a column.
    pub fn set_row(&mut self, row: usize, values: &[f32]) {
        let (whole, rest) = values.as_chunks::<WIDTH>();
        for (index, part) in whole.iter().enumerate() {
            self.data[index * self.rows + row].0 = *part;
        }
        if !rest.is_empty() {
            let to = &mut self.data[whole.len() * self.rows + row];
            *to = PanelRow::ZERO;
            to.0[..rest.len()].copy_from_slice(rest);
        }
    }

    /// Writes row `row` into `to`, one a column.
    pub fn get_row(&self, row: usize, to: &mut [f32]) {
        let (whole, rest) = to.as_chunks_mut::<WIDTH>();
        let count = whole.len();
        for (index, part) in whole.iter_mut().enumerate() {
            *part = self.data[index * self.rows + row].0;
        }
        if !rest.is_empty() {
            rest.copy_from_slice(&self.data[count * self.rows + row].0[..rest.len()]);
        }
    }

    /// Takes the rows of `values`, row after row; rows beyond them stay as they are.
    pub fn fill(&mut self, values: &[f32]) {
        for (row, values) in values.chunks(self.columns.max(1)).enumerate() {
            self.set_row(row, values);
        }
    }

    /// The first `rows` rows, row after row.
    pub fn to_rows(&self, rows: usize) -> Vec<f32> {
        let mut out = Vec::with_capacity(rows * self.columns);
        self.append_to(rows, &mut out);
        out
    }

    /// Appends the first `rows` rows to `list`, row after row.
    pub fn append_to(&self, rows: usize, list: &mut Vec<f32>) {
        let before = list.len();
        list.resize(before + rows * self.columns, 0.0);
        for (row, to) in list[before..].chunks_mut(self.columns.max(1)).enumerate() {
            self.get_row(row, to);
        }
    }

    /// Makes `to`, of `columns × rows`, the transposed of this.
    pub fn transpose_into(&self, to: &mut Panels) {
        for index in 0..self.count() {
            let within = self.columns.min((index + 1) * WIDTH) - index * WIDTH;
            for (block, rows) in self.panel(index).chunks(WIDTH).enumerate() {
                let to = to.part_mut(block, index * WIDTH..index * WIDTH + within);
                for (column, out) in to.iter_mut().enumerate() {
                    *out = PanelRow::ZERO;
                    out.0.iter_mut().zip(rows).for_each(|(value, row)| *value = row.0[column]);
                }
            }
        }
    }
}

#[cfg(test)]
pub(in crate::forecast) mod tests {
    use super::*;

    /// Numbers that differ, the same for each `salt`.
    pub fn matrix(rows: usize, columns: usize, salt: f32) -> Panels {
        let mut out = Panels::new(rows, columns);
        out.fill(&(0..rows * columns).map(|i| (i as f32 * 0.37 + salt).sin()).collect::<Vec<_>>());
        out
    }

    /// One number of `of`.
    pub fn at(of: &Panels, row: usize, column: usize) -> f64 {
        f64::from(of.panel(column / WIDTH)[row].0[column % WIDTH])
    }

    #[test]
    fn rows_come_back_and_transposing_twice_changes_nothing() {
        let (rows, columns) = (21, 37);
        let values: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
        let mut panels = Panels::new(rows, columns);
        panels.fill(&values);
        assert_eq!(panels.to_rows(rows), values);
        assert_eq!(panels.panel(2)[0].0[5..], [0.0; 11], "unused columns are zero");
        let (mut other, mut back) = (Panels::new(columns, rows), Panels::new(rows, columns));
        panels.transpose_into(&mut other);
        assert_eq!(other.to_rows(columns)[3 * rows + 7], values[7 * columns + 3]);
        other.transpose_into(&mut back);
        assert_eq!(back, panels);
    }
}
