//! The marks that meshrpc is held to, relative to tonic in the same run.

use serde_json::{Value, json};

use crate::{
    implementations::Name,
    report::Report,
    sample::Setting,
    workload::{Metric, Side, Workload},
};

/// A ratio to tonic that a setting must reach.
#[derive(Clone, Copy, Debug)]
struct Mark {
    setting: Setting,
    ratio: f64,
}

const fn mark(workload: Workload, side: Side, threads: usize, ratio: f64) -> Mark {
    Mark {
        setting: Setting {
            workload,
            side,
            threads,
        },
        ratio,
    }
}

const MARKS: [Mark; 6] = [
    mark(Workload::Unary8x32, Side::Client, 1, 0.6),
    mark(Workload::Unary8x32, Side::Server, 1, 0.8),
    mark(Workload::Unary8x32, Side::Server, 2, 0.6),
    mark(Workload::Unary1x1, Side::Both, 1, 1.4),
    mark(Workload::StreamChannel, Side::Server, 1, 2.0),
    mark(Workload::Unary1Mib, Side::Both, 1, 1.5),
];

/// A mark and what was measured; `None` when the rows were not run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    mark: Mark,
    measured: Option<f64>,
}

/// Holds a report to the marks of the workloads it has.
pub(crate) fn judge(report: &Report) -> Vec<Verdict> {
    MARKS
        .into_iter()
        .filter(|mark| {
            let setting = mark.setting;
            report.rows.iter().any(|row| row.setting == setting)
        })
        .map(|mark| Verdict {
            mark,
            measured: report
                .row(mark.setting, Name::Meshrpc)
                .and_then(|row| report.ratio_to_tonic(row)),
        })
        .collect()
}

impl Verdict {
    pub(crate) fn holds(&self) -> bool {
        let wanted = self.mark.ratio;
        self.measured.is_some_and(|measured| {
            if self.less_is_better() {
                measured <= wanted
            } else {
                measured >= wanted
            }
        })
    }

    fn less_is_better(&self) -> bool {
        self.metric() == Metric::CpuPerCall
    }

    fn metric(&self) -> Metric {
        let Setting { workload, side, .. } = self.mark.setting;
        workload.metric(side)
    }

    pub(crate) fn json(&self) -> Value {
        let Setting {
            workload,
            side,
            threads,
        } = self.mark.setting;
        json!({
            "workload": workload.name(),
            "side": side.name(),
            "threads": threads,
            "ratio_of": self.metric().name(),
            "at_most": self.less_is_better().then_some(self.mark.ratio),
            "at_least": (!self.less_is_better()).then_some(self.mark.ratio),
            "measured": self.measured,
            "holds": self.holds(),
        })
    }

    /// One line for a reader.
    pub(crate) fn line(&self) -> String {
        let Setting {
            workload,
            side,
            threads,
        } = self.mark.setting;
        let verdict = if self.holds() { "holds" } else { "MISSED" };
        let bound = if self.less_is_better() { "<=" } else { ">=" };
        let measured = self
            .measured
            .map_or_else(|| "no row".to_owned(), |measured| format!("{measured:.2}"));
        format!(
            "{verdict:<6} {workload} {} threads={threads}: {measured} {bound} {:.2} x tonic ({})",
            side.name(),
            self.mark.ratio,
            self.metric().name(),
        )
    }
}
