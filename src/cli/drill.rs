//! `drill`: one or some drills, with their claims.

use super::args::{Common, DrillArgs, Format};
use super::progress::Progress;
use super::setup::Ground;
use super::{Product, pick, terminal};
use crate::drill::Drill;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::runner::Prove;
use crate::verdict::Verdict;

/// Runs the drills and prints what was found.
///
/// # Errors
/// Usage and environment errors; a drill that fails is no error but [`Exit::Blocked`].
pub async fn drill(product: &Product, arguments: &DrillArgs, common: &Common) -> Result<Exit> {
    let mut drills: Vec<&dyn Drill> = Vec::new();
    for typed in &arguments.drills {
        drills.push(pick::drill(&product.catalogue, typed)?);
    }
    let sabotage = match (&arguments.sabotage, drills.as_slice()) {
        (None, _) => None,
        (Some(typed), [only]) => Some(pick::sabotage(*only, typed)?),
        (Some(_), _) => return Err(Error::usage("--break goes with one drill").fix("name a single drill")),
    };
    if let (true, Some(other)) = (arguments.all, drills.iter().find(|drill| !drill.reads_history())) {
        let readers: Vec<_> = product
            .catalogue
            .iter()
            .filter(|drill| drill.reads_history())
            .map(|drill| drill.spec().id)
            .collect();
        return Err(Error::usage(format!("{} does not go through the history", other.spec().id))
            .fix(format!("--all goes with {}", readers.join(", "))));
    }
    let mut ground = Ground::lay(product, common, Prove::None, &drills).await?;
    ground.plan.whole_history = arguments.all;
    ground.plan.keep = arguments.keep;
    let one = drills.len() == 1 && arguments.repeat == 1;
    let progress = if one { Progress::new(common).of_one() } else { Progress::new(common) };
    let runner = ground.runner(&progress);
    terminal::headline(common, &ground);
    let mut all = Vec::new();
    for _ in 0..arguments.repeat {
        match sabotage {
            Some(sabotage) => {
                let (mut record, proof) = runner.run_broken(drills[0], sabotage).await?;
                record.breaks.push(proof);
                all.push(record);
            }
            None => all.extend(runner.run(&drills).await?),
        }
    }
    progress.clear();
    if common.format == Format::Json {
        terminal::print_json(&all)?;
    }
    for record in &all {
        terminal::claims(common, record, product.catalogue.iter());
    }
    let kept = runner.kept();
    if !kept.is_empty() {
        for (drill, cluster) in &kept {
            let (admin, worker) = (cluster.superuser(), &ground.subject_of(drill).roles.worker);
            terminal::say(&format!("{drill} is kept; look at it with"));
            terminal::say_openly(&format!("  psql '{}'", admin.url()));
            let worker = cluster.connect_info(worker, &cluster.database());
            terminal::say_openly(&format!("  psql '{}'", worker.url()));
        }
        terminal::say("Ctrl-C ends it");
        std::future::pending::<()>().await;
    }
    let verdict = Verdict::worst(all.iter().map(|record| record.verdict));
    Ok(if verdict == Verdict::Pass { Exit::Permitted } else { Exit::Blocked })
}
