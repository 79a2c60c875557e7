//! Rows out of samples, and the two shapes a reader gets them in.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::{
    implementations::Name,
    marks::Verdict,
    sample::{Sample, Setting},
    workload::{Metric, Side},
};

/// One implementation's row of one setting.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) setting: Setting,
    pub(crate) implementation: Name,
    pub(crate) samples: Vec<Sample>,
}

/// The median of a figure and how far its samples lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Figure {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Figure {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 {
            values[middle]
        } else {
            (values[middle - 1] + values[middle]) / 2.0
        };
        Self {
            median,
            least: values[0],
            most: values[values.len() - 1],
        }
    }

    /// The distance of the extremes as a share of the median.
    fn spread(self) -> f64 {
        (self.most - self.least) / self.median
    }
}

impl Row {
    pub(crate) fn figure(&self, of: impl Fn(&Sample) -> f64) -> Figure {
        Figure::of(self.samples.iter().map(of).collect())
    }

    /// What this row is compared by.
    pub(crate) fn metric(&self) -> Metric {
        self.setting.workload.metric(self.setting.side)
    }

    pub(crate) fn compared(&self) -> Figure {
        match self.metric() {
            Metric::CpuPerCall => self.figure(Sample::cpu_us_per_call),
            Metric::CallsPerSecond => self.figure(|sample| sample.calls_per_s),
            Metric::CallsPerCpuSecond => self.figure(|sample| 1e6 / sample.cpu_us_per_call()),
        }
    }

    /// Who stood at the other end.
    fn peer(&self) -> &'static str {
        match self.setting.side {
            Side::Client => "h2 server",
            Side::Server => "h2 client",
            Side::Both => "itself",
        }
    }

    fn json(&self, tonic: Option<&Self>) -> Value {
        let median = |of: fn(&Sample) -> f64| self.figure(of).median;
        let cpu = self.figure(Sample::cpu_us_per_call);
        let calls = self.figure(|sample| sample.calls_per_s);
        let over_tonic =
            |of: fn(&Self) -> Figure| tonic.map(|tonic| round(of(self).median / of(tonic).median));
        json!({
            "workload": self.setting.workload.name(),
            "side": self.setting.side.name(),
            "threads": self.setting.threads,
            "implementation": self.implementation.name(),
            "peer": self.peer(),
            "pinned": self.setting.side == Side::Both,
            "calls_per_s": round(calls.median),
            "calls_per_s_min": round(calls.least),
            "calls_per_s_max": round(calls.most),
            "cpu_us_per_call": round(cpu.median),
            "cpu_us_per_call_min": round(cpu.least),
            "cpu_us_per_call_max": round(cpu.most),
            "user_us_per_call": round(median(|sample| sample.user_us_per_call)),
            "system_us_per_call": round(median(|sample| sample.system_us_per_call)),
            "allocations_per_call": round(median(|sample| sample.allocations_per_call)),
            "allocated_bytes_per_call": round(median(|sample| sample.allocated_bytes_per_call)),
            "p50_us": round(median(|sample| sample.p50_us)),
            "p99_us": round(median(|sample| sample.p99_us)),
            "peak_memory_kib": median(|sample| sample.peak_memory_kib as f64) as u64,
            "ratio_of": self.metric().name(),
            "ratio_to_tonic": over_tonic(Self::compared),
            "cpu_ratio_to_tonic": over_tonic(|row| row.figure(Sample::cpu_us_per_call)),
            "calls_ratio_to_tonic": over_tonic(|row| row.figure(|sample| sample.calls_per_s)),
            "spread": round(self.compared().spread()),
            "samples": self.samples.len(),
        })
    }
}

/// Three digits behind the point say all that a run can tell.
fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// All rows of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
}

impl Report {
    pub(crate) fn row(&self, setting: Setting, implementation: Name) -> Option<&Row> {
        self.rows
            .iter()
            .find(|row| row.setting == setting && row.implementation == implementation)
    }

    /// A row's figure over that of tonic's row of the same setting.
    pub(crate) fn ratio_to_tonic(&self, row: &Row) -> Option<f64> {
        let tonic = self.row(row.setting, Name::Tonic)?;
        Some(row.compared().median / tonic.compared().median)
    }

    /// One object on one line.
    pub(crate) fn json(&self, verdicts: &[Verdict], windows: Value) -> String {
        let rows = self
            .rows
            .iter()
            .map(|row| row.json(self.row(row.setting, Name::Tonic)));
        let marks = verdicts.iter().map(Verdict::json);
        json!({
            "rows": rows.collect::<Vec<_>>(),
            "marks": marks.collect::<Vec<_>>(),
            "windows": windows,
        })
        .to_string()
    }

    pub(crate) fn table(&self) -> String {
        let mut table = String::new();
        let mut last = None;
        for row in &self.rows {
            if last != Some(row.setting) {
                last = Some(row.setting);
                heading(&mut table, row);
            }
            line(&mut table, row, self.ratio_to_tonic(row));
        }
        table
    }
}

fn heading(table: &mut String, row: &Row) {
    let Setting {
        workload,
        side,
        threads,
    } = row.setting;
    let runtime = match threads {
        1 => "one thread".to_owned(),
        workers => format!("{workers} workers"),
    };
    let under_test = match side {
        Side::Both => "client and server, pinned to one core".to_owned(),
        one => format!("{}, peer: {}", one.name(), row.peer()),
    };
    let metric = row.metric().name();
    // Writing to a String can't fail.
    let _ = writeln!(
        table,
        "\n{workload}: {under_test}, {runtime} (× tonic of {metric})"
    );
    let _ = writeln!(
        table,
        "  {:<9} {:>11} {:>9} {:>15} {:>9} {:>10} {:>10} {:>9} {:>8} {:>7}",
        "",
        "calls/s",
        "CPU µs",
        "(user + sys)",
        "allocs",
        "p50 µs",
        "p99 µs",
        "peak MiB",
        "× tonic",
        "spread"
    );
}

fn line(table: &mut String, row: &Row, ratio: Option<f64>) {
    let median = |of: fn(&Sample) -> f64| row.figure(of).median;
    let parts = format!(
        "({:.2} + {:.2})",
        median(|sample| sample.user_us_per_call),
        median(|sample| sample.system_us_per_call)
    );
    let ratio = ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
    let _ = writeln!(
        table,
        "  {:<9} {:>11.0} {:>9.3} {:>15} {:>9.2} {:>10.1} {:>10.1} {:>9.1} {:>8} {:>6.1}%",
        row.implementation,
        median(|sample| sample.calls_per_s),
        median(Sample::cpu_us_per_call),
        parts,
        median(|sample| sample.allocations_per_call),
        median(|sample| sample.p50_us),
        median(|sample| sample.p99_us),
        median(|sample| sample.peak_memory_kib as f64) / 1024.0,
        ratio,
        row.compared().spread() * 100.0,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_and_spread_the_distance_of_the_extremes() {
        let odd = Figure::of(vec![3.0, 1.0, 2.0]);
        assert_eq!((odd.least, odd.median, odd.most), (1.0, 2.0, 3.0));
        assert_eq!(odd.spread(), 1.0);
        assert_eq!(Figure::of(vec![4.0, 1.0, 2.0, 3.0]).median, 2.5);
    }
}
