//! Many editors of one row: all have read it before the first writes, and whoever comes too late reads anew.

use futures::future::try_join_all;
use sor_gate::error::Result;
use sor_gate::fault::proxy::WirePlan;

use super::CROWD;
use super::door::{Door, Reading, Written};
use super::judge::Crowd;
use super::rows::Ground;

/// More of them show nothing more.
const MOST: usize = 8;

impl Ground<'_> {
    /// As the programs are, and without their check of the version.
    pub async fn editors(&self) -> Result<(Crowd, Crowd)> {
        let table = self.table()?;
        tokio::try_join!(
            self.crowd("editors", self.cx.wire_plan_in(CROWD)),
            self.crowd("unprotected editors", self.unprotected(table))
        )
    }

    /// Over HTTP where there is a service, else by SQL.
    async fn crowd(&self, name: &str, plan: WirePlan) -> Result<Crowd> {
        let table = self.table()?;
        let id = self.row(table, "edited by").await?;
        let editors = self.cx.workers.clamp(2, MOST);
        let marks: Vec<String> = (1..=editors).map(|n| format!("[{n}]")).collect();
        let (doors, served, proxy);
        match &self.binding.service {
            Some(service) => {
                served = self.serve(name, service, plan).await?;
                let door = |_| served.door(service).map(Door::Http);
                doors = marks.iter().map(door).collect::<Result<Vec<_>>>()?;
            }
            None => {
                proxy = self.cx.proxy(&self.cx.subject.roles.worker, plan).await?;
                let (cx, address) = (self.cx, proxy.connect_info());
                let door = |mark: &String| {
                    let label = format!("{name} {mark}");
                    async move {
                        cx.session_at(address, &label)
                            .await
                            .map(|session| Door::Sql(Box::new(session), table))
                    }
                };
                doors = try_join_all(marks.iter().map(door)).await?;
            }
        }
        let readings = try_join_all(doors.iter().map(|door| door.read(&id))).await?;
        let same = readings.iter().all(|reading| *reading == readings[0]);
        let at_work = doors.iter().zip(readings).zip(&marks);
        let conflicts =
            try_join_all(at_work.map(|((door, first), mark)| edit(door, &id, first, mark, editors))).await?;
        let content = doors[0].read(&id).await?.content;
        let lost = marks.iter().filter(|mark| !content.contains(mark.as_str())).count();
        let failed = conflicts.iter().filter_map(|ended| ended.as_ref().err().cloned()).collect();
        let conflicts = conflicts.iter().filter_map(|ended| ended.as_ref().ok()).sum();
        Ok(Crowd { editors, same, conflicts, lost, failed, http: self.binding.service.is_some() })
    }
}

/// Adds a mark to the content until it is in, and says how many conflicts that took, or what else came of it.
async fn edit(
    door: &Door<'_>,
    id: &str,
    first: Reading,
    mark: &str,
    editors: usize,
) -> Result<Result<usize, String>> {
    let mut reading = first;
    // In each round one of the others is in, so that no editor loses more often than there are others.
    for conflicts in 0..=editors {
        match door.write(id, &reading.version, &format!("{} {mark}", reading.content)).await? {
            Written::Done => return Ok(Ok(conflicts)),
            Written::Conflict(_) => reading = door.read(id).await?,
            Written::Other(what) => return Ok(Err(what)),
        }
    }
    Ok(Err(format!("{mark} was never in, in {} attempts", editors + 1)))
}
