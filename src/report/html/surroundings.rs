//! What the run stood on: server, settings, subject, machine, plan.

use maud::{Markup, html};

use super::moment;
use crate::record::{FileDigest, Record};

pub(super) fn surroundings(record: &Record) -> Markup {
    let identity = &record.postgres.identity;
    let (host, plan, tool) = (&record.host, &record.plan, &record.tool);
    let commit = |commit: &Option<String>| commit.clone().unwrap_or_else(|| "unknown".into());
    html! {
        h2 { "Surroundings" }
        dl {
            dt { "Time" } dd { (moment(record.started_at)) " to " (moment(record.finished_at)) }
            @for subject in &record.subjects {
                dt { "Subject " (subject.name) } dd { (subject.title) br; span.mono { (subject.file) } br; span.mono.soft { (subject.digest) } br; "commit " span.mono { (commit(&subject.commit)) } }
            }
            dt { "Postgres" } dd {
                (identity.version) ", " (identity.provider) ", system " span.mono { (identity.system_identifier) }
                @if let Some(binary) = &identity.binary { br; span.mono { (binary.display()) } }
                @if let Some(image) = &identity.image { br; span.mono { (image) } }
            }
            dt { "Settings" } dd.mono { @for (name, value) in &record.postgres.settings { (name) " = " (value) br; } }
            dt { "Machine" } dd { (host.name) ", " (host.system) ", " (host.kernel) ", " (host.architecture) ", " (host.cores) " cores" }
            dt { "Gate" } dd { (tool.name) " " (tool.version) ", commit " span.mono { (commit(&tool.commit)) } }
            dt { "Plan" } dd {
                "breaks: " (plan.prove) ", side by side: " (plan.jobs) ", seed " span.mono { (plan.seed) } ", fleet of " (plan.workers) ", limit " (plan.timeout_s) " s"
                @if let Some(sabotage) = &plan.sabotage { br; strong { "sabotaged on purpose: " (sabotage) } }
            }
            @if !record.policy.waivers.is_empty() {
                dt { "Waivers" } dd { @for waiver in &record.policy.waivers { (waiver.covers) " until " (waiver.expires) ": " (waiver.reason) " (" (waiver.approver) ")" br; } }
            }
        }
        @for subject in &record.subjects {
            details {
                summary { (subject.schema_files.len()) " schema files of " (subject.name) " with their digests" }
                div.inner.wide { (files(&subject.schema_files)) }
            }
        }
    }
}

fn files(files: &[FileDigest]) -> Markup {
    html! { table { tbody.mono { @for file in files { tr { td { (file.path) } td.soft { (file.digest) } } } } } }
}
